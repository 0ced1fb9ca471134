//! gRPC's interop client on tonic: --server_host=HOST --server_port=PORT --test_case=NAME. Exit code 0 when
//! the demands of the case held, 1 and a sentence when they didn't, 2 for a wrong flag.

use std::collections::HashMap;
use std::time::Duration;

use interop_tonic::proto::test_service_client::TestServiceClient;
use interop_tonic::proto::unimplemented_service_client::UnimplementedServiceClient;
use interop_tonic::proto::*;
use interop_tonic::{zeros, ECHO_INITIAL, ECHO_TRAILING};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

type Client = TestServiceClient<Channel>;
type Outcome = Result<(), String>;

const REQUEST_SIZES: [usize; 4] = [27182, 8, 1828, 45904];
const RESPONSE_SIZES: [usize; 4] = [31415, 9, 2653, 58979];
const INITIAL_VALUE: &str = "test_initial_metadata_value";
const TRAILING_VALUE: &[u8] = b"\xab\xab\xab";
const SPECIAL_MESSAGE: &str =
    "\t\ntest with whitespace\r\nand Unicode BMP \u{263a} and non-BMP \u{1f608}\t\n";

fn demand(held: bool, what: &str) -> Outcome {
    held.then_some(()).ok_or_else(|| what.to_string())
}

fn said(status: Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

fn demand_status<T>(result: Result<T, Status>, code: Code, message: Option<&str>) -> Outcome {
    let status = result.err().ok_or("it succeeded")?;
    demand(
        status.code() == code && message.map_or(true, |text| status.message() == text),
        &said(status),
    )
}

fn output_request(request: usize, response: usize) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        response_parameters: vec![ResponseParameters {
            size: response as i32,
            ..Default::default()
        }],
        payload: zeros(request),
        ..Default::default()
    }
}

fn demand_size(payload: Option<Payload>, size: usize) -> Outcome {
    let body = payload.map_or(Vec::new(), |payload| payload.body);
    demand(
        body == vec![0; size],
        &format!("{} bytes, not {size} zeros", body.len()),
    )
}

fn large_request() -> SimpleRequest {
    SimpleRequest {
        response_size: 314159,
        payload: zeros(271828),
        ..Default::default()
    }
}

fn failing(message: &str) -> Option<EchoStatus> {
    Some(EchoStatus {
        code: 2,
        message: message.to_string(),
    })
}

async fn empty_unary(mut client: Client) -> Outcome {
    client.empty_call(Empty {}).await.map_err(said).map(|_| ())
}

async fn large_unary(mut client: Client) -> Outcome {
    let response = client.unary_call(large_request()).await.map_err(said)?;
    demand_size(response.into_inner().payload, 314159)
}

async fn special_status_message(mut client: Client) -> Outcome {
    let request = SimpleRequest {
        response_status: failing(SPECIAL_MESSAGE),
        ..Default::default()
    };
    demand_status(
        client.unary_call(request).await,
        Code::Unknown,
        Some(SPECIAL_MESSAGE),
    )
}

async fn status_code_and_message(mut client: Client) -> Outcome {
    let text = "test status message";
    let request = SimpleRequest {
        response_status: failing(text),
        ..Default::default()
    };
    demand_status(client.unary_call(request).await, Code::Unknown, Some(text))?;
    let request = StreamingOutputCallRequest {
        response_status: failing(text),
        ..Default::default()
    };
    match client.full_duplex_call(tokio_stream::once(request)).await {
        Err(status) => demand_status(Err::<(), _>(status), Code::Unknown, Some(text)),
        Ok(response) => demand_status(
            response.into_inner().message().await,
            Code::Unknown,
            Some(text),
        ),
    }
}

fn demand_initial(metadata: &MetadataMap) -> Outcome {
    demand(
        metadata.get(ECHO_INITIAL).map(|v| v.as_bytes()) == Some(INITIAL_VALUE.as_bytes()),
        "initial metadata don't come back",
    )
}

fn demand_trailing(metadata: &MetadataMap) -> Outcome {
    let value = metadata
        .get_bin(ECHO_TRAILING)
        .and_then(|v| v.to_bytes().ok());
    demand(
        value.as_deref() == Some(TRAILING_VALUE),
        "trailing metadata don't come back",
    )
}

fn with_metadata<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.insert(ECHO_INITIAL, MetadataValue::from_static(INITIAL_VALUE));
    metadata.insert_bin(ECHO_TRAILING, MetadataValue::from_bytes(TRAILING_VALUE));
    request
}

async fn custom_metadata(mut client: Client) -> Outcome {
    let response = client
        .unary_call(with_metadata(large_request()))
        .await
        .map_err(said)?;
    // tonic has one map for a unary response: the trailers are merged into it.
    demand_initial(response.metadata())?;
    demand_trailing(response.metadata())?;
    let requests = tokio_stream::once(output_request(271828, 314159));
    let response = client
        .full_duplex_call(with_metadata(requests))
        .await
        .map_err(said)?;
    demand_initial(response.metadata())?;
    let mut responses = response.into_inner();
    let message = responses
        .message()
        .await
        .map_err(said)?
        .ok_or("no response")?;
    demand_size(message.payload, 314159)?;
    demand(
        responses.message().await.map_err(said)?.is_none(),
        "one response too many",
    )?;
    let trailers = responses
        .trailers()
        .await
        .map_err(said)?
        .ok_or("no trailers")?;
    demand_trailing(&trailers)
}

async fn unimplemented_method(mut client: Client) -> Outcome {
    demand_status(
        client.unimplemented_call(Empty {}).await,
        Code::Unimplemented,
        None,
    )
}

async fn unimplemented_service(channel: Channel) -> Outcome {
    let mut client = UnimplementedServiceClient::new(channel);
    demand_status(
        client.unimplemented_call(Empty {}).await,
        Code::Unimplemented,
        None,
    )
}

async fn client_streaming(mut client: Client) -> Outcome {
    let requests = REQUEST_SIZES.map(|size| StreamingInputCallRequest {
        payload: zeros(size),
        ..Default::default()
    });
    let response = client
        .streaming_input_call(tokio_stream::iter(requests))
        .await
        .map_err(said)?;
    demand(
        response.into_inner().aggregated_payload_size == 74922,
        "another sum than 74922",
    )
}

async fn server_streaming(mut client: Client) -> Outcome {
    let request = StreamingOutputCallRequest {
        response_parameters: RESPONSE_SIZES
            .iter()
            .map(|size| ResponseParameters {
                size: *size as i32,
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    };
    let mut responses = client
        .streaming_output_call(request)
        .await
        .map_err(said)?
        .into_inner();
    for size in RESPONSE_SIZES {
        let message = responses
            .message()
            .await
            .map_err(said)?
            .ok_or("too few responses")?;
        demand_size(message.payload, size)?;
    }
    demand(
        responses.message().await.map_err(said)?.is_none(),
        "one response too many",
    )
}

async fn ping_pong(mut client: Client) -> Outcome {
    let (out, requests) = mpsc::channel(1);
    // A server may send its headers only when it has something to say: the first request goes before.
    out.send(output_request(REQUEST_SIZES[0], RESPONSE_SIZES[0]))
        .await
        .map_err(|e| e.to_string())?;
    let response = client
        .full_duplex_call(ReceiverStream::new(requests))
        .await
        .map_err(said)?;
    let mut responses = response.into_inner();
    for i in 0..REQUEST_SIZES.len() {
        let message = responses
            .message()
            .await
            .map_err(said)?
            .ok_or("too few responses")?;
        demand_size(message.payload, RESPONSE_SIZES[i])?;
        if let Some(size) = REQUEST_SIZES.get(i + 1) {
            let request = output_request(*size, RESPONSE_SIZES[i + 1]);
            out.send(request).await.map_err(|e| e.to_string())?;
        }
    }
    drop(out);
    demand(
        responses.message().await.map_err(said)?.is_none(),
        "one response too many",
    )
}

async fn empty_stream(mut client: Client) -> Outcome {
    let nothing = tokio_stream::empty::<StreamingOutputCallRequest>();
    let mut responses = client
        .full_duplex_call(nothing)
        .await
        .map_err(said)?
        .into_inner();
    demand(
        responses.message().await.map_err(said)?.is_none(),
        "there is a response",
    )
}

/// Dropping a call is how tonic cancels; the server is asked afterwards whether it still serves.
async fn cancel_after_begin(mut client: Client) -> Outcome {
    let (_out, requests) = mpsc::channel(1);
    let call = client.streaming_input_call(ReceiverStream::new(requests));
    demand(
        tokio::time::timeout(Duration::from_millis(50), call)
            .await
            .is_err(),
        "StreamingInputCall ended by itself",
    )?;
    empty_unary(client).await
}

async fn cancel_after_first_response(mut client: Client) -> Outcome {
    let (out, requests) = mpsc::channel(1);
    out.send(output_request(REQUEST_SIZES[0], RESPONSE_SIZES[0]))
        .await
        .map_err(|e| e.to_string())?;
    let response = client
        .full_duplex_call(ReceiverStream::new(requests))
        .await
        .map_err(said)?;
    let mut responses = response.into_inner();
    let message = responses
        .message()
        .await
        .map_err(said)?
        .ok_or("no response")?;
    demand_size(message.payload, RESPONSE_SIZES[0])?;
    drop(responses);
    empty_unary(client).await
}

async fn pick_first_unary(mut client: Client) -> Outcome {
    let mut first = None;
    for _ in 0..100 {
        let request = SimpleRequest {
            fill_server_id: true,
            ..Default::default()
        };
        let id = client
            .unary_call(request)
            .await
            .map_err(said)?
            .into_inner()
            .server_id;
        demand(!id.is_empty(), "no server id")?;
        demand(*first.get_or_insert(id.clone()) == id, "another server")?;
    }
    Ok(())
}

async fn run(name: &str, channel: Channel) -> Result<Outcome, String> {
    let client = Client::new(channel.clone());
    Ok(match name {
        "empty_unary" => empty_unary(client).await,
        "large_unary" => large_unary(client).await,
        "special_status_message" => special_status_message(client).await,
        "status_code_and_message" => status_code_and_message(client).await,
        "custom_metadata" => custom_metadata(client).await,
        "unimplemented_method" => unimplemented_method(client).await,
        "unimplemented_service" => unimplemented_service(channel).await,
        "client_streaming" => client_streaming(client).await,
        "server_streaming" => server_streaming(client).await,
        "ping_pong" => ping_pong(client).await,
        "empty_stream" => empty_stream(client).await,
        "cancel_after_begin" => cancel_after_begin(client).await,
        "cancel_after_first_response" => cancel_after_first_response(client).await,
        "pick_first_unary" => pick_first_unary(client).await,
        _ => return Err(format!("there is no case {name}")),
    })
}

#[tokio::main]
async fn main() {
    let flags: HashMap<String, String> = std::env::args()
        .skip(1)
        .filter_map(|a| {
            a.strip_prefix("--")?
                .split_once('=')
                .map(|(k, v)| (k.into(), v.into()))
        })
        .collect();
    let flag = |name: &str| flags.get(name).cloned().unwrap_or_default();
    let address = format!("http://{}:{}", flag("server_host"), flag("server_port"));
    let channel = match Channel::from_shared(address.clone()) {
        Ok(endpoint) => endpoint.connect().await,
        Err(wrong) => {
            eprintln!("{address}: {wrong}");
            std::process::exit(2);
        }
    };
    let code = match channel {
        Err(wrong) => {
            eprintln!("{address}: {wrong}");
            1
        }
        Ok(channel) => match run(&flag("test_case"), channel).await {
            Err(usage) => {
                eprintln!("{usage}");
                2
            }
            Ok(Err(what)) => {
                eprintln!("{what}");
                1
            }
            Ok(Ok(())) => 0,
        },
    };
    std::process::exit(code);
}
