//! Places that take no connection.

use loadgen_testbed::{BlackHole, Silent, closed_port};
use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

const SOON: Duration = Duration::from_millis(300);

#[test]
fn a_closed_port_refuses() {
    let address = SocketAddr::from(([127, 0, 0, 1], closed_port()));
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_black_hole_lets_nobody_in() {
    let hole = BlackHole::start();
    for _ in 0..2 {
        let error = TcpStream::connect_timeout(&hole.address(), SOON).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}

#[test]
fn what_nobody_accepts_is_connected_all_the_same() {
    let silent = Silent::start();
    assert!(TcpStream::connect_timeout(&silent.address(), SOON).is_ok());
}
