//! Addresses to connections.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;

use futures_util::future::BoxFuture;
use tokio::net::TcpStream;

/// What makes connections. The server has one, TCP; tests bring one that keeps a record.
pub trait Dial: Debug + Send + Sync {
    /// A connection to the first of `addresses` that takes one.
    fn dial<'d>(&'d self, addresses: &'d [SocketAddr]) -> BoxFuture<'d, io::Result<TcpStream>>;
}

/// Plain TCP.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tcp;

impl Dial for Tcp {
    fn dial<'d>(&'d self, addresses: &'d [SocketAddr]) -> BoxFuture<'d, io::Result<TcpStream>> {
        Box::pin(TcpStream::connect(addresses))
    }
}
