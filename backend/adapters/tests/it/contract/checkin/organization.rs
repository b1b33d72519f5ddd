//! What is kept of an organization: its name and key, events, devices.

use super::{
    EVENT, NOTHING, ORG, bump, device, generation, with_device, with_event, with_organization,
};
use gateline_common::Timestamp;
use gateline_common::bus::{EventFacts, EventStatus};
use gateline_common::bytes::Hash;
use gateline_common::catalog::EntryPolicy;
use gateline_common::ids::{DeviceId, OrgId};
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::ports::EventWrite;
use gateline_core::checkin::{CheckInStore, Organization};
use gateline_core::shared::StoreError;
use uuid::Uuid;

pub(crate) async fn an_organization_keeps_its_first_root_key(store: &impl CheckInStore) {
    assert!(store.organization(ORG).await.unwrap().is_none());
    let first = with_organization(store).await;
    let second = Organization::new(ORG, [2; 32], Timestamp(6));
    let there = store.add_organization(&second).await.unwrap();
    assert_eq!(there.root_seed, [1; 32]);
    let read = store.organization(ORG).await.unwrap().unwrap();
    assert_eq!(read.root_seed, first.root_seed);
}

pub(crate) async fn a_name_is_replaced_by_a_newer_one_only_and_raises_the_manifest(
    store: &impl CheckInStore,
) {
    let before = with_organization(store).await;
    let at = Timestamp(30);
    for (version, name) in [(2, "Newer"), (1, "Older"), (2, "Again")] {
        let nothing = NOTHING();
        let named = store.name_organization(ORG, version, name, at, &nothing);
        named.await.unwrap();
    }
    let after = store.organization(ORG).await.unwrap().unwrap();
    assert_eq!(after.name, "Newer");
    assert_eq!(after.manifest_version, before.manifest_version + 1);
    assert_eq!(after.manifest_at, at);
}

pub(crate) async fn an_event_changes_from_the_version_that_was_read(store: &impl CheckInStore) {
    with_event(store).await;
    let event = store.event(EVENT).await.unwrap().unwrap();
    assert_eq!(event.version, 1);
    let write = EventWrite {
        event,
        rules: None,
        bump: None,
        generation: Some(generation(2)),
    };
    store.save_event(&write, &NOTHING()).await.unwrap();
    let again = store.save_event(&write, &NOTHING()).await;
    assert_eq!(again, Err(StoreError::Conflict));
    let head = store.feed_head(EVENT).await.unwrap().unwrap();
    assert_eq!(head.generation, generation(2));
    let before = store.past_generation(EVENT, generation(1)).await.unwrap();
    assert_eq!(before, None, "its lists are to be read anew");
    let new = EventWrite {
        event: EventState::unknown(EVENT),
        generation: Some(generation(3)),
        ..write
    };
    let second = store.save_event(&new, &NOTHING()).await;
    assert_eq!(second, Err(StoreError::Conflict));
    let head = store.feed_head(EVENT).await.unwrap().unwrap();
    assert_eq!(head.generation, generation(2));
}

pub(crate) async fn an_enrolment_code_makes_one_device(store: &impl CheckInStore) {
    let first = with_device(store).await;
    assert!(store.enrolment(Hash([1; 32])).await.unwrap().is_none());
    let second = device(DeviceId(Uuid::from_u128(3)));
    let nothing = NOTHING();
    let again = store.enrol(Hash([1; 32]), &second, bump(21), &nothing);
    assert_eq!(again.await, Err(StoreError::Conflict));
    assert!(store.device(second.device).await.unwrap().is_none());
    let found = store.device_with(first.credential).await.unwrap();
    assert_eq!(found, Some(first));
    let org = store.organization(ORG).await.unwrap().unwrap();
    assert_eq!((org.manifest_version, org.manifest_at), (2, Timestamp(20)));
}

pub(crate) async fn a_revocation_is_kept_and_raises_the_manifest(store: &impl CheckInStore) {
    let mut device = with_device(store).await;
    device.revoked_at = Some(Timestamp(40));
    store.save_device(&device, bump(40)).await.unwrap();
    let (org, _, devices) = store.manifest_source(ORG).await.unwrap().unwrap();
    assert_eq!(devices, [device]);
    assert_eq!((org.manifest_version, org.manifest_at), (3, Timestamp(40)));
}

pub(crate) fn facts(version: u64) -> EventFacts {
    EventFacts {
        event: EVENT,
        org: ORG,
        title: format!("Ball {version}"),
        place: "Hall".into(),
        timezone: "Europe/Vienna".into(),
        starts_at: Timestamp(10),
        ends_at: Timestamp(20),
        status: EventStatus::Published,
        gates: Vec::new(),
        zones: Vec::new(),
        rules: Vec::new(),
        policy: EntryPolicy::default(),
        supervisor_pin: None,
    }
}

pub(crate) async fn rules_are_kept_by_version_and_a_manifest_shows_one_moment(
    store: &impl CheckInStore,
) {
    with_device(store).await;
    with_event(store).await;
    assert!(
        store
            .manifest_source(OrgId(Uuid::nil()))
            .await
            .unwrap()
            .is_none()
    );
    for version in [1, 2] {
        let state = store.event(EVENT).await.unwrap().unwrap();
        let (event, change) = state.with_facts(version, &facts(version)).unwrap();
        let rules = event.manifest.clone().filter(|_| change.rules);
        let write = EventWrite {
            rules,
            event,
            bump: Some(bump(50)),
            generation: None,
        };
        store.save_event(&write, &NOTHING()).await.unwrap();
    }
    let (org, events, devices) = store.manifest_source(ORG).await.unwrap().unwrap();
    assert_eq!(org.manifest_version, 4);
    assert_eq!((events.len(), devices.len()), (1, 1));
    let kept = store.rules(EVENT).await.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept.last(), events[0].manifest.as_ref());
}
