//! Lists of tickets.

use super::*;

pub(crate) async fn lists_filter_and_page_newest_first(store: &impl TicketStore) {
    known(store).await;
    for order in 1..=3 {
        let tickets = [
            ticket(order, 100 - order as u64),
            ticket(order, 50 + order as u64),
        ];
        store
            .issue(&note(order, false), 1, &tickets, &NOTHING())
            .await
            .unwrap();
    }
    let list = async |filter: TicketFilter, limit, after| -> Vec<(i64, u64)> {
        let tickets = store.list(&filter, limit, after).await.unwrap();
        tickets
            .iter()
            .map(|t| (t.issued_at.0, t.serial.get()))
            .collect()
    };
    let all = TicketFilter::default;
    let everything = [(3, 97), (3, 53), (2, 98), (2, 52), (1, 99), (1, 51)];
    assert_eq!(list(all(), 200, None).await, everything);
    let after = Some((Timestamp(2), EventId(7), Serial::truncate(98)));
    assert_eq!(list(all(), 2, after).await, [(2, 52), (1, 99)]);
    let owner = Some(UserId(Uuid::from_u128(2)));
    assert_eq!(
        list(TicketFilter { owner, ..all() }, 9, None).await,
        [(2, 98), (2, 52)]
    );
    let order = Some(OrderId(Uuid::from_u128(1)));
    assert_eq!(
        list(TicketFilter { order, ..all() }, 9, None).await,
        [(1, 99), (1, 51)]
    );
    let event = Some(EventId(8));
    assert!(
        list(TicketFilter { event, ..all() }, 9, None)
            .await
            .is_empty()
    );
    let org = Some(OrgId(Uuid::from_u128(2)));
    assert!(
        list(TicketFilter { org, ..all() }, 9, None)
            .await
            .is_empty()
    );
    let status = Some(TicketStatus::Blocked);
    assert!(
        list(TicketFilter { status, ..all() }, 9, None)
            .await
            .is_empty()
    );
    for text in ["code3", "zoë", "zoe@example"] {
        let text = Some(text.to_owned());
        assert!(
            !list(TicketFilter { text, ..all() }, 9, None)
                .await
                .is_empty()
        );
    }
    let text = Some("code3".to_owned());
    assert_eq!(
        list(TicketFilter { text, ..all() }, 9, None).await,
        [(3, 97), (3, 53)]
    );
}

pub(crate) async fn what_a_list_is_searched_for_is_text_and_nothing_else(store: &impl TicketStore) {
    known(store).await;
    let odd = Ticket {
        attendee_name: Some("A.*b (c) [d] $e \\ 'f' %_ Ö|+?^{}".into()),
        ..ticket(1, 10)
    };
    let tickets = [odd, ticket(1, 11)];
    let issued = store.issue(&note(1, false), 1, &tickets, &NOTHING()).await;
    issued.unwrap();
    let found = async |text: &str| {
        let filter = TicketFilter {
            text: Some(text.to_owned()),
            ..TicketFilter::default()
        };
        store.list(&filter, 9, None).await.unwrap().len()
    };
    for text in ["a.*b (c)", "[d] $e \\ 'f' %_ ö|+?^{}", "*b", "\\"] {
        assert_eq!(found(text).await, 1, "{text}");
    }
    for text in [
        "a.*c", "^code1", "code1$", "\\s", "%code%", "zo.", "\0", "a\0", "(?i)CODE",
    ] {
        assert_eq!(found(text).await, 0, "{text}");
    }
    assert_eq!(found("code1").await, 2);
}

pub(crate) async fn a_list_of_several_events_pages_without_a_gap(store: &impl TicketStore) {
    known(store).await;
    let mut wanted = Vec::new();
    for event in [7, 8] {
        let order = u128::from(event);
        let here = |serial: u64| Ticket {
            event: EventId(event),
            issued_at: Timestamp((serial % 2) as i64),
            ..ticket(order, serial)
        };
        let tickets = [1, 2, 3, 4].map(here);
        let note = OrderNote {
            event: EventId(event),
            ..note(order, false)
        };
        store.issue(&note, 1, &tickets, &NOTHING()).await.unwrap();
        wanted.extend(tickets);
    }
    wanted.sort_by_key(|t| std::cmp::Reverse((t.issued_at, t.event, t.serial)));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store
            .list(&TicketFilter::default(), 3, after)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.issued_at, last.event, last.serial));
        found.extend(page);
    }
    assert_eq!(found, wanted);
}
