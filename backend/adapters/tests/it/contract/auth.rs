//! Promises of `AuthStore`.

use super::shared::Kernel;
use gateline_common::Timestamp;
use gateline_common::ids::{OrgId, SessionId, UserId};
use gateline_core::auth::{
    Email, Organization, OrganizationMember, OtherSessions, Session, Stored, User, UserFilter,
};
use gateline_core::shared::{Commit, OrgRole, PageRequest, StoreError, random};

macro_rules! auth_promises {
    ($open:path) => {
        $crate::promises!(auth, $open:
            a_user_is_found_by_id_and_address_with_a_first_session,
            an_address_belongs_to_one_user,
            a_user_is_saved_only_over_the_version_before,
            other_sessions_end_with_the_change,
            sessions_end_and_expire,
            users_are_listed_by_address_in_pages_and_searched,
            a_membership_is_stored_on_both_sides_or_on_none,
            organizations_are_listed_oldest_first_in_pages,
        );
    };
}

pub(crate) fn person(name: &str) -> User {
    User {
        id: UserId(random::uuid(Timestamp(1))),
        version: 1,
        email: Email::parse(&format!("{name}@example.org")).unwrap(),
        name: name.to_owned(),
        password_hash: "hash".to_owned(),
        admin: false,
        memberships: Vec::new(),
        created_at: Timestamp(1),
    }
}

pub(crate) fn session(user: &User) -> Session {
    Session {
        id: SessionId(random::uuid(Timestamp(1))),
        user: user.id,
        expires_at: Timestamp(1000),
    }
}

fn changed(user: &User) -> User {
    User {
        version: user.version + 1,
        ..user.clone()
    }
}

fn page(limit: u32, after: Option<String>) -> PageRequest {
    PageRequest { limit, after }
}

impl Kernel {
    async fn stored(&self, name: &str) -> (User, Session) {
        let user = person(name);
        let first = session(&user);
        let commit = Commit::nothing();
        let stored = self.auth.create_user(&user, &first, &commit).await;
        assert_eq!(stored, Ok(Stored::Yes));
        (user, first)
    }

    async fn founded(&self, name: &str, organizer: &User, at: i64) -> (Organization, User) {
        let organization = Organization {
            id: OrgId(random::uuid(Timestamp(at))),
            version: 1,
            name: name.to_owned(),
            members: vec![OrganizationMember {
                user: organizer.id,
                role: OrgRole::Organizer,
            }],
            created_at: Timestamp(at),
        };
        let organizer = changed(organizer);
        let commit = Commit::nothing();
        let made = self
            .auth
            .create_organization(&organization, &organizer, &commit);
        made.await.unwrap();
        (organization, organizer)
    }
}

pub(crate) async fn a_user_is_found_by_id_and_address_with_a_first_session(kernel: Kernel) {
    let (ada, first) = kernel.stored("ada").await;
    let auth = &kernel.auth;
    assert_eq!(auth.user(ada.id).await, Ok(Some(ada.clone())));
    assert_eq!(auth.user_by_email(&ada.email).await, Ok(Some(ada.clone())));
    assert_eq!(auth.session(first.id).await, Ok(Some((first, ada.clone()))));
    let nobody = person("nobody");
    assert_eq!(auth.user(nobody.id).await, Ok(None));
    assert_eq!(auth.user_by_email(&nobody.email).await, Ok(None));
    let found = auth.users_of(&[nobody.id, ada.id]).await;
    assert_eq!(found, Ok(vec![ada]));
}

pub(crate) async fn an_address_belongs_to_one_user(kernel: Kernel) {
    let (ada, _) = kernel.stored("ada").await;
    let (bob, _) = kernel.stored("bob").await;
    let commit = Commit::nothing();
    let second = person("ada");
    let taken = kernel
        .auth
        .create_user(&second, &session(&second), &commit)
        .await;
    assert_eq!(taken, Ok(Stored::EmailTaken));
    let mut moved = changed(&bob);
    moved.email = ada.email;
    let taken = kernel
        .auth
        .save_user(&moved, OtherSessions::Stay, &commit)
        .await;
    assert_eq!(taken, Ok(Stored::EmailTaken));
    assert_eq!(kernel.auth.user(bob.id).await, Ok(Some(bob)));
    assert_eq!(kernel.auth.user(second.id).await, Ok(None));
}

pub(crate) async fn a_user_is_saved_only_over_the_version_before(kernel: Kernel) {
    let (ada, _) = kernel.stored("ada").await;
    let commit = Commit::nothing();
    let save = async |user: User| {
        let saved = kernel.auth.save_user(&user, OtherSessions::Stay, &commit);
        saved.await
    };
    let mut second = changed(&ada);
    second.name = "Ada L.".to_owned();
    assert_eq!(save(second.clone()).await, Ok(Stored::Yes));
    assert_eq!(save(changed(&ada)).await, Err(StoreError::Conflict));
    assert_eq!(
        save(changed(&person("nobody"))).await,
        Err(StoreError::Conflict)
    );
    assert_eq!(kernel.auth.user(ada.id).await, Ok(Some(second)));
}

pub(crate) async fn other_sessions_end_with_the_change(kernel: Kernel) {
    let (ada, kept) = kernel.stored("ada").await;
    let (_, bobs) = kernel.stored("bob").await;
    let other = session(&ada);
    kernel.auth.open_session(&other).await.unwrap();
    let all_but = OtherSessions::EndAllBut(kept.id);
    let commit = Commit::nothing();
    let mut outdated = changed(&ada);
    outdated.version = 9;
    let refused = kernel.auth.save_user(&outdated, all_but, &commit).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    let stands = async |id| kernel.auth.session(id).await.unwrap().is_some();
    assert!(stands(other.id).await);
    let saved = kernel
        .auth
        .save_user(&changed(&ada), all_but, &commit)
        .await;
    assert_eq!(saved, Ok(Stored::Yes));
    assert!(stands(kept.id).await && stands(bobs.id).await);
    assert!(!stands(other.id).await);
}

pub(crate) async fn sessions_end_and_expire(kernel: Kernel) {
    let (ada, first) = kernel.stored("ada").await;
    let mut long = session(&ada);
    long.expires_at = Timestamp(2000);
    kernel.auth.open_session(&long).await.unwrap();
    assert_eq!(
        kernel.auth.forget_expired_sessions(Timestamp(1001)).await,
        Ok(1)
    );
    assert_eq!(kernel.auth.session(first.id).await, Ok(None));
    assert!(kernel.auth.session(long.id).await.unwrap().is_some());
    kernel.auth.end_session(long.id).await.unwrap();
    kernel.auth.end_session(long.id).await.unwrap();
    assert_eq!(kernel.auth.session(long.id).await, Ok(None));
}

pub(crate) async fn users_are_listed_by_address_in_pages_and_searched(kernel: Kernel) {
    for name in ["carl", "ada", "bob"] {
        kernel.stored(name).await;
    }
    let all = UserFilter::default();
    let first = kernel.auth.users(&all, &page(2, None)).await.unwrap();
    let names: Vec<_> = first.items.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["ada", "bob"]);
    let rest = kernel.auth.users(&all, &page(2, first.next)).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    for (text, count) in [("BO", 1), ("example", 3), ("100%", 0), ("_", 0)] {
        let filter = UserFilter {
            text: Some(text.to_owned()),
        };
        let found = kernel.auth.users(&filter, &page(9, None)).await.unwrap();
        assert_eq!(found.items.len(), count, "{text}");
    }
}

pub(crate) async fn a_membership_is_stored_on_both_sides_or_on_none(kernel: Kernel) {
    let (ada, _) = kernel.stored("ada").await;
    let (bob, _) = kernel.stored("bob").await;
    let (mut hall, _) = kernel.founded("hall", &ada, 1).await;
    let commit = Commit::nothing();
    hall.version = 2;
    hall.members.push(OrganizationMember {
        user: bob.id,
        role: OrgRole::Staff,
    });
    let stale = bob.clone(); // not the next version
    let refused = kernel.auth.save_membership(&hall, &stale, &commit).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    let kept = kernel.auth.organization(hall.id).await.unwrap().unwrap();
    assert_eq!(kept.version, 1);
    let saved = kernel
        .auth
        .save_membership(&hall, &changed(&bob), &commit)
        .await;
    assert_eq!(saved, Ok(()));
    assert_eq!(
        kernel.auth.organization(hall.id).await,
        Ok(Some(hall.clone()))
    );
    let again = kernel.auth.save_organization(&hall, &commit).await;
    assert_eq!(again, Err(StoreError::Conflict));
}

pub(crate) async fn organizations_are_listed_oldest_first_in_pages(kernel: Kernel) {
    let (mut ada, _) = kernel.stored("ada").await;
    let mut ids = Vec::new();
    for (name, at) in [("a", 1), ("b", 2), ("c", 3)] {
        let (organization, organizer) = kernel.founded(name, &ada, at).await;
        ids.push(organization.id);
        ada = organizer;
    }
    let auth = &kernel.auth;
    let first = auth.organizations(None, &page(2, None)).await.unwrap();
    let names = |page: &[Organization]| page.iter().map(|o| o.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first.items), ["a", "b"]);
    let rest = auth
        .organizations(None, &page(2, first.next))
        .await
        .unwrap();
    assert_eq!(
        (names(&rest.items), rest.next),
        (vec!["c".to_owned()], None)
    );
    let own = [ids[2], ids[0]];
    let first = auth
        .organizations(Some(&own), &page(1, None))
        .await
        .unwrap();
    assert_eq!(names(&first.items), ["a"]);
    let rest = auth
        .organizations(Some(&own), &page(1, first.next))
        .await
        .unwrap();
    assert_eq!(
        (names(&rest.items), rest.next),
        (vec!["c".to_owned()], None)
    );
}
