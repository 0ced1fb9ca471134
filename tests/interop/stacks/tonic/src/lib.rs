//! What the client and the server share: the contract and the names of the case with metadata.

pub mod proto {
    tonic::include_proto!("grpc.testing");
}

pub const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
pub const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

pub fn zeros(size: usize) -> Option<proto::Payload> {
    Some(proto::Payload {
        r#type: 0,
        body: vec![0; size],
    })
}
