//! An on-sale: many more buyers than tickets, and answers that get lost.

use anyhow::{Context, Result};
use futures::{StreamExt, stream};
use gateline_tests::story::set_up;
use gateline_tests::system::{Api, ApiFailure, Binaries, Engines, Form, Shop, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_buyers_of_a_hundred_tickets_with_lost_answers_get_exactly_a_hundred()
-> Result<()> {
    sells_exactly_what_there_is(Form::Embedded, 1_000, 100).await
}

/// Fewer of them: the database that stands in for MongoDB is slow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_buyers_of_forty_tickets_get_exactly_forty_from_services_apart() -> Result<()> {
    let form = Form::Distributed(Engines::of_this_run()?);
    sells_exactly_what_there_is(form, 200, 40).await
}

async fn sells_exactly_what_there_is(form: Form, crowd: usize, there_are: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let binaries = Binaries::of_this_build()?;
    let backend = Shop::open(&binaries, folder.path(), form).await?;
    let sold = sell(&backend, crowd, there_are).await;
    sold.with_context(|| backend.errors())
}

async fn sell(backend: &Shop, crowd: usize, there_are: usize) -> Result<()> {
    let festival = set_up(backend.api()?).await?;
    let path = format!("/api/events/{}/ticket-types", festival.event);
    let rare = json!({
        "name": "Rare", "price": {"minor": 9900, "currency": "EUR"},
        "limit": there_are, "max_per_order": 1,
    });
    let rare = festival.organizer.post(&path, &rare).await?;
    let rare = rare["id"].as_u64().context("the new type has an id")?;
    let buyers = sign_up_all(&backend.api()?, crowd).await?;
    let order = json!({
        "event": festival.event, "lines": [{"ticket_type": rare, "quantity": 1}],
    });
    sale_opens(&buyers[0], &festival.event.to_string(), rare).await?;

    let attempts = buyers
        .iter()
        .enumerate()
        .map(|(index, api)| buy(api, index, &order));
    let bought: Vec<bool> = futures::future::try_join_all(attempts).await?;
    let winners = bought.iter().filter(|bought| **bought).count();
    assert_eq!(
        winners, there_are,
        "exactly the tickets there are were sold"
    );

    let winning = buyers
        .iter()
        .zip(&bought)
        .filter(|(_, bought)| **bought)
        .map(|(api, _)| api);
    let mut serials = BTreeSet::new();
    for api in winning {
        serials.insert(the_one_ticket(api).await?);
    }
    assert_eq!(
        serials.len(),
        there_are,
        "each sale has a ticket of its own"
    );
    let losers = buyers
        .iter()
        .zip(&bought)
        .filter(|(_, bought)| !**bought)
        .take(20);
    for (api, _) in losers {
        let tickets = api.get("/api/tickets").await?;
        assert_eq!(tickets["items"].as_array().map(Vec::len), Some(0));
    }
    Ok(())
}

async fn sign_up_all(api: &Api, crowd: usize) -> Result<Vec<Api>> {
    let sign_ups = stream::iter(0..crowd).map(|index| {
        let mut api = api.anonymous();
        async move {
            let email = format!("buyer{index}@rush.example");
            api.sign_up(&format!("Buyer {index}"), &email).await?;
            Ok(api)
        }
    });
    let results: Vec<Result<Api>> = sign_ups.buffered(16).collect().await;
    results.into_iter().collect()
}

async fn sale_opens(api: &Api, event: &str, ticket_type: u64) -> Result<()> {
    wait_until("the sale to open", DEADLINE, async || {
        let path = format!("/api/orders/availability?event={event}");
        let Ok(availability) = api.get(&path).await else {
            return Ok(None);
        };
        let listed = availability
            .to_string()
            .contains(&format!("\"ticket_type\":{ticket_type}"));
        Ok(listed.then_some(()))
    })
    .await
}

/// Orders and pays; true when the buyer got one. Every third request is cut off
/// a moment after it was sent, so that its answer is lost, and is sent again
/// with the same key.
async fn buy(api: &Api, index: usize, order: &Value) -> Result<bool> {
    let order = match losing(api, index, "/api/orders", "order", order).await {
        Ok(order) => order,
        Err(error) => match error.downcast_ref::<ApiFailure>() {
            Some(failure) if failure.code == "sold_out" => return Ok(false),
            _ => return Err(error),
        },
    };
    let payment = json!({"order": order["id"], "method": {"test": "pays"}});
    wait_until("the order to be payable", DEADLINE, async || match losing(
        api,
        index,
        "/api/payments",
        "payment",
        &payment,
    )
    .await
    {
        Ok(_) => Ok(Some(())),
        Err(error) if error.to_string().contains("not_found") => Ok(None),
        Err(error) => Err(error),
    })
    .await?;
    Ok(true)
}

async fn losing(api: &Api, index: usize, path: &str, key: &str, body: &Value) -> Result<Value> {
    if index.is_multiple_of(3) {
        let cut = Duration::from_micros(200 + 137 * (index as u64 % 100));
        // Whether it was answered or cut off: the answer is thrown away.
        drop(tokio::time::timeout(cut, api.post_once(path, key, body)).await);
    }
    wait_until(path, DEADLINE, async || {
        let answer = api.post_once(path, key, body).await;
        match answer.as_ref().map_err(|error| error.downcast_ref()) {
            // Nobody answered, or they are busy and say so.
            Err(None) => Ok(None),
            Err(Some(ApiFailure { status, .. })) if status.as_u16() == 503 => Ok(None),
            _ => answer.map(Some),
        }
    })
    .await
}

async fn the_one_ticket(api: &Api) -> Result<String> {
    let tickets = wait_until("the ticket", DEADLINE, async || {
        let tickets = api.get("/api/tickets").await?;
        let items = tickets["items"].as_array().cloned().unwrap_or_default();
        Ok((!items.is_empty()).then_some(items))
    })
    .await?;
    assert_eq!(tickets.len(), 1, "one order, one ticket");
    Ok(tickets[0]["serial"]
        .as_str()
        .context("a serial")?
        .to_owned())
}
