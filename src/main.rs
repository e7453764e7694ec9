//! The page of Hookboard, compiled to wasm. It starts nothing by itself: `public/boot.js`, or a host
//! that embeds a panel, calls [`embed::mount`].

#![allow(unreachable_pub, reason = "in a binary nothing is public; `pub` says what a module offers to the others")]

mod app;
mod client;
mod embed;
mod features;
mod frame;
mod hold;
mod life;
mod mode;
mod part;
mod route;
mod screen;
mod ui;

fn main() {
    embed::watch_for_panics();
}
