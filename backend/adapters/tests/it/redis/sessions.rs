//! Two instances of accounts over one store: what one ends is over in the other
//! at once.

use crate::servers::{self, Line};
use gateline_adapters::redis::{RedisRevocations, RedisServer};
use gateline_core::auth::{
    Auth, AuthError, AuthSettings, Client, Identify, NewUser, Password, SignedIn, UserChange,
};
use gateline_core::shared::SystemClock;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

const PASSWORD: &str = "correct horse battery staple";

async fn instances(near: &RedisServer, far: &RedisServer) -> ([Auth; 2], Box<dyn std::any::Any>) {
    let kernel = crate::sqlite::kernel().await;
    let instance = |server: &RedisServer| {
        let settings = AuthSettings {
            token_secret: [7; 32],
            session_ttl_ms: 3_600_000,
            token_ttl_ms: 600_000,
            admins: Vec::new(),
            attempts: 10,
            parallel_hashes: 1,
        };
        let (store, answers) = (kernel.auth.clone(), kernel.answers.clone());
        let auth = Auth::new(store, answers, Arc::new(SystemClock), settings).unwrap();
        auth.with_revocations(Arc::new(RedisRevocations::new(server.clone())))
    };
    ([instance(near), instance(far)], Box::new(kernel))
}

fn client() -> Client {
    Client {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        device: None,
    }
}

async fn signed_up(auth: &Auth) -> SignedIn {
    let new = NewUser {
        email: "ada@example.org".into(),
        name: "Ada".into(),
        password: Password::typed(PASSWORD.into()),
    };
    auth.sign_up(new, None, &client()).await.unwrap()
}

#[tokio::test]
async fn what_one_instance_ends_or_changes_the_other_knows_at_once() {
    let server = servers::redis();
    let ([near, far], _keep) = instances(&server, &server).await;
    let ada = signed_up(&near).await;
    let caller = far.identify(&ada.token).await.unwrap().principal;
    let rename = UserChange {
        name: Some("Ada King".into()),
        ..UserChange::default()
    };
    near.update_user(&caller, rename).await.unwrap();
    let renamed = far.identify(&ada.token).await.unwrap().principal;
    assert_eq!(renamed.name, "Ada King");
    near.sign_out(&caller).await.unwrap();
    let over = far.identify(&ada.token).await;
    assert!(matches!(over, Err(AuthError::BadToken(_))));
    assert!(near.identify(&ada.token).await.is_err());
}

#[tokio::test]
async fn without_redis_everybody_is_still_known() {
    let line = Line::to(&servers::redis_address()).await;
    let server = servers::redis_at(&line.url("redis"));
    let ([near, far], _keep) = instances(&server, &server).await;
    let ada = signed_up(&near).await;
    let caller = far.identify(&ada.token).await.unwrap().principal;
    line.cut();
    assert!(near.identify(&ada.token).await.is_ok());
    assert!(far.identify(&ada.token).await.is_ok());
    // Here it is over at once; there within seconds, as it was read.
    near.sign_out(&caller).await.unwrap();
    assert!(near.identify(&ada.token).await.is_err());
}
