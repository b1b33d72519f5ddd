//! What carries a trace from one process to another.

use gateline_adapters::remote::{Remote, RemoteOrders};
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::OrderDesk;
use gateline_core::shared::trace::{self, Place, Span, SpanKind};
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use uuid::Uuid;

/// A place that another process names, and the id of its trace.
pub(crate) const PLACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Has this process make spans, which go nowhere.
pub(crate) fn record() {
    let provider = SdkTracerProvider::builder().build();
    let tracer = provider.tracer("test");
    trace::record(BoxedTracer::new(Box::new(tracer)));
}

/// Takes one request, answers `null`, and returns the request's head.
async fn head_of_one(listener: &TcpListener) -> String {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        stream.read_line(&mut head).await.unwrap();
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                  content-length: 4\r\nconnection: close\r\n\r\nnull";
    stream.write_all(answer.as_bytes()).await.unwrap();
    head
}

#[tokio::test]
async fn a_question_to_another_service_bears_its_trace_where_that_is_recorded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let orders = RemoteOrders(Remote::at(&url, &[1; 32]).unwrap());
    let (order, payment) = (OrderId(Uuid::nil()), PaymentId(Uuid::nil()));
    let (head, answer) = tokio::join!(head_of_one(&listener), orders.release(order, payment));
    answer.unwrap();
    assert!(!head.to_lowercase().contains("traceparent"), "{head}");

    record();
    let request = Span::following(Some(PLACE), SpanKind::Server, format_args!("test"));
    let asking = request.place().around(orders.release(order, payment));
    let (head, answer) = tokio::join!(head_of_one(&listener), asking);
    answer.unwrap();
    let place = head
        .lines()
        .find_map(|line| line.strip_prefix("traceparent: "));
    let place = place.unwrap();
    assert!(place.starts_with(&format!("00-{TRACE}-")), "{place}");
    let own = request.place().traceparent().unwrap();
    assert!(place != own && place != PLACE, "a step of its own: {place}");
}

#[tokio::test]
async fn work_that_another_task_does_belongs_to_the_place_where_it_was_given_out() {
    record();
    let span = Span::following(Some(PLACE), SpanKind::Server, format_args!("test"));
    let place = span.place().run(Place::here);
    let elsewhere = tokio::spawn(async move {
        assert_eq!(Place::here().traceparent(), None);
        let told = place.around(async {
            tokio::task::yield_now().await;
            Place::here().traceparent()
        });
        let told = told.await;
        assert_eq!(Place::here().traceparent(), None);
        told
    });
    assert_eq!(elsewhere.await.unwrap(), span.place().traceparent());
}
