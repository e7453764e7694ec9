//! Certificates of an authority of the test's own, good and bad.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

/// A certificate with its key, in DER.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

pub(crate) struct Certificates {
    /// The authority that the server trusts, in PEM.
    pub(crate) authority: String,
    pub(crate) good: Certificate,
    pub(crate) expired: Certificate,
    pub(crate) not_yet: Certificate,
    pub(crate) other_name: Certificate,
    pub(crate) self_signed: Certificate,
}

impl Certificates {
    pub(crate) fn make() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).expect("signed").pem();
        let issuer = Issuer::new(params, key);
        let signed = |name: &str, (from, to): (i32, i32)| {
            let key = KeyPair::generate().expect("a key");
            let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
            (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
            let certificate = params.signed_by(&key, &issuer).expect("signed");
            Certificate { certificate: certificate.der().to_vec(), key: key.serialize_der() }
        };
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("signed").der().to_vec();
        Self {
            authority,
            good: signed("127.0.0.1", (2000, 2999)),
            expired: signed("127.0.0.1", (2000, 2001)),
            not_yet: signed("127.0.0.1", (2998, 2999)),
            other_name: signed("other.test", (2000, 2999)),
            self_signed: Certificate { certificate, key: key.serialize_der() },
        }
    }
}
