//! Names that are judged by themselves, whatever a resolver says of them.

/// What a name stands for, where that is no public host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    /// This machine (RFC 6761, section 6.3): never looked up.
    Loopback,
    /// A cloud's metadata service, which answers with credentials.
    Metadata,
}

/// Names of metadata services of Google, Amazon, Tencent, Equinix and Rancher.
const METADATA: [&str; 9] = [
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.tencentyun.com",
    "metadata.platformequinix.com",
    "metadata.packet.net",
    "rancher-metadata",
];

/// What the lower-case `name`, without a dot at its end, stands for.
pub(super) fn special(name: &str) -> Option<Special> {
    if name == "localhost" || name.ends_with(".localhost") {
        Some(Special::Loopback)
    } else if METADATA.contains(&name) {
        Some(Special::Metadata)
    } else {
        None
    }
}
