//! `GET /api/events`: browsing and searching.

use crate::support::TestApp;
use crate::support::box_office::{items, new_event};
use serde_json::{Value, json};

fn titles(page: &Value) -> Vec<String> {
    let titles = items(page).into_iter();
    titles
        .map(|e| e["title"].as_str().unwrap().to_owned())
        .collect()
}

async fn city(app: &TestApp) -> String {
    let (organizer, org) = app.organizer("ada").await;
    let start = new_event(app, &org, "")["starts_at"].as_i64().unwrap();
    let days = |n: i64| start + n * 86_400_000;
    for (day, title, category, description) in [
        (0, "Jazz im Café Łódź", "concert", "Mit Saxophon"),
        (1, "Straßenfest", "festival", "<b>Essen</b> & Trinken"),
        (2, "Οδύσσεια", "theatre", "Homer"),
        (3, "Crème brûlée", "workshop", "Backen; jazz"),
        (4, "Entwurf", "concert", "nie gezeigt"),
    ] {
        let mut event = new_event(app, &org, title);
        event["category"] = json!(category);
        event["description"] = json!(description);
        event["starts_at"] = json!(days(day));
        event["ends_at"] = json!(days(day) + 3_600_000);
        let made = organizer.post("/api/events", event).await.good();
        if title != "Entwurf" {
            let publish = format!("/api/events/{}/publish", made["id"]);
            organizer.post(&publish, json!({})).await.good();
        }
    }
    org
}

#[tokio::test]
async fn a_search_forgives_case_and_accents_and_wants_every_word() {
    let app = TestApp::init().await;
    city(&app).await;
    let search = async |query: &str| {
        let encoded: String = query.bytes().map(|b| format!("%{b:02x}")).collect();
        titles(&app.get(&format!("/api/events?q={encoded}")).await.good())
    };
    assert_eq!(search("CAFE lodz").await, ["Jazz im Café Łódź"]);
    assert_eq!(search("strassenfest").await, ["Straßenfest"]);
    assert_eq!(search("ΟΔΥΣΣΕΙΑ").await, ["Οδύσσεια"]);
    assert_eq!(search("brulee").await, ["Crème brûlée"]);
    assert_eq!(search("jazz").await, ["Jazz im Café Łódź", "Crème brûlée"]);
    assert_eq!(search("jazz backen").await, ["Crème brûlée"]);
    assert_eq!(search("entwurf").await, [""; 0]);
    assert_eq!(search("%' OR 1=1 --").await, [""; 0]);
}

#[tokio::test]
async fn categories_times_and_pages_narrow_a_list() {
    let app = TestApp::init().await;
    let org = city(&app).await;
    let list = async |query: String| app.get(&format!("/api/events?{query}")).await;
    let all = list(String::new()).await.good();
    let starts: Vec<_> = items(&all)
        .iter()
        .map(|e| e["starts_at"].as_i64().unwrap())
        .collect();
    assert_eq!(titles(&all).len(), 4);
    assert_eq!(
        titles(&list("category=theatre".into()).await.good()),
        ["Οδύσσεια"]
    );
    let between = format!("from={}&until={}", starts[1], starts[2]);
    assert_eq!(titles(&list(between).await.good()), ["Straßenfest"]);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = list(format!("limit=3{after}")).await.good();
        seen.extend(titles(&page));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    assert_eq!(seen, titles(&all));
    list("after=nonsense".into())
        .await
        .refused(400, "malformed_parameter");
    list("category=nonsense".into())
        .await
        .refused(400, "malformed_parameter");
    list("colour=red".into())
        .await
        .refused(400, "malformed_parameter");
    let outsider = list(format!("org={org}")).await.good();
    assert_eq!(titles(&outsider).len(), 4);
}

#[tokio::test]
async fn an_event_that_is_over_is_no_longer_offered_but_its_organization_finds_it() {
    let app = TestApp::init().await;
    let (organizer, org) = app.organizer("ada").await;
    let made = organizer
        .post("/api/events", new_event(&app, &org, "Soon over"))
        .await
        .good();
    let publish = format!("/api/events/{}/publish", made["id"]);
    organizer.post(&publish, json!({})).await.good();
    assert_eq!(titles(&app.get("/api/events").await.good()), ["Soon over"]);
    app.clock.advance_ms(4 * 3_600_000);
    assert!(titles(&app.get("/api/events").await.good()).is_empty());
    let own = organizer
        .get(&format!("/api/events?org={org}"))
        .await
        .good();
    assert_eq!(titles(&own), ["Soon over"]);
}
