//! gRPC's interop service on tonic: says "listening on port N" on standard error.

use std::pin::Pin;
use std::time::Duration;

use interop_tonic::proto::test_service_server::{TestService, TestServiceServer};
use interop_tonic::proto::*;
use interop_tonic::{zeros, ECHO_INITIAL, ECHO_TRAILING};
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::Stream;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, Streaming};

type Outputs = Pin<Box<dyn Stream<Item = Result<StreamingOutputCallResponse, Status>> + Send>>;
type Sender = mpsc::Sender<Result<StreamingOutputCallResponse, Status>>;

struct Service;

fn refused(status: &Option<EchoStatus>) -> Option<Status> {
    let status = status.as_ref()?;
    (status.code != 0).then(|| Status::new(Code::from_i32(status.code), status.message.clone()))
}

/// What the case with metadata asks for: the initial field goes back in front, the other one behind.
fn echo_initial<T>(asked: &MetadataMap, response: &mut Response<T>) {
    if let Some(value) = asked.get(ECHO_INITIAL) {
        response.metadata_mut().insert(ECHO_INITIAL, value.clone());
    }
}

async fn respond(out: &Sender, request: &StreamingOutputCallRequest) {
    for wanted in &request.response_parameters {
        tokio::time::sleep(Duration::from_micros(wanted.interval_us.max(0) as u64)).await;
        let response = StreamingOutputCallResponse {
            payload: zeros(wanted.size.max(0) as usize),
        };
        if out.send(Ok(response)).await.is_err() {
            return; // the client is gone
        }
    }
}

async fn full_duplex(
    mut requests: Streaming<StreamingOutputCallRequest>,
    out: Sender,
    trailing: Option<tonic::metadata::MetadataValue<tonic::metadata::Binary>>,
) {
    loop {
        match requests.message().await {
            Ok(Some(request)) => match refused(&request.response_status) {
                Some(status) => {
                    let _ = out.send(Err(status)).await;
                    return;
                }
                None => respond(&out, &request).await,
            },
            Ok(None) => break,
            Err(status) => {
                let _ = out.send(Err(status)).await;
                return;
            }
        }
    }
    if let Some(value) = trailing {
        // The one way to trailing metadata that tonic's streams have is a status of its own.
        let mut status = Status::new(Code::Ok, "");
        status.metadata_mut().insert_bin(ECHO_TRAILING, value);
        let _ = out.send(Err(status)).await;
    }
}

#[tonic::async_trait]
impl TestService for Service {
    async fn empty_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        if let Some(status) = refused(&request.response_status) {
            return Err(status);
        }
        let mut response = Response::new(SimpleResponse {
            payload: zeros(request.response_size.max(0) as usize),
            ..Default::default()
        });
        echo_initial(&metadata, &mut response);
        Ok(response)
    }

    async fn cacheable_unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        self.unary_call(request).await
    }

    type StreamingOutputCallStream = Outputs;
    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Result<Response<Outputs>, Status> {
        let request = request.into_inner();
        let (out, responses) = mpsc::channel(1);
        tokio::spawn(async move {
            respond(&out, &request).await;
            if let Some(status) = refused(&request.response_status) {
                let _ = out.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(responses))))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut requests = request.into_inner();
        let mut total = 0;
        while let Some(request) = requests.message().await? {
            total += request
                .payload
                .map_or(0, |payload| payload.body.len() as i32);
        }
        Ok(Response::new(StreamingInputCallResponse {
            aggregated_payload_size: total,
        }))
    }

    type FullDuplexCallStream = Outputs;
    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Outputs>, Status> {
        let (metadata, _, requests) = request.into_parts();
        let (out, responses) = mpsc::channel(1);
        tokio::spawn(full_duplex(
            requests,
            out,
            metadata.get_bin(ECHO_TRAILING).cloned(),
        ));
        let mut response: Response<Outputs> =
            Response::new(Box::pin(ReceiverStream::new(responses)));
        echo_initial(&metadata, &mut response);
        Ok(response)
    }

    type HalfDuplexCallStream = Outputs;
    async fn half_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Outputs>, Status> {
        let mut requests = request.into_inner();
        let mut all = Vec::new();
        while let Some(request) = requests.message().await? {
            all.push(request);
        }
        let (out, responses) = mpsc::channel(1);
        tokio::spawn(async move {
            for request in &all {
                respond(&out, request).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(responses))))
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("no server has it"))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("listening on port {}", listener.local_addr()?.port());
    tonic::transport::Server::builder()
        .add_service(TestServiceServer::new(Service))
        .serve_with_incoming(TcpListenerStream::new(listener))
        .await?;
    Ok(())
}
