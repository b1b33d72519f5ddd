//! The image: what its Dockerfile says, and that it is built from what it needs.

use super::{root, text, tools};
use anyhow::{Context, Result};

#[test]
fn the_dockerfile_is_as_hadolint_wants_it() -> Result<()> {
    let mut hadolint = tools::packaged("hadolint")?;
    hadolint.arg("deploy/docker/Dockerfile");
    tools::output(hadolint).map(drop)
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_clone() -> Result<()> {
    let toolchain: toml::Table = toml::from_str(&text("rust-toolchain.toml")?)?;
    let channel = toolchain["toolchain"]["channel"]
        .as_str()
        .context("no channel")?;
    let dockerfile = text("deploy/docker/Dockerfile")?;
    assert!(
        dockerfile.contains(&format!("ARG RUST={channel}\n")),
        "{channel}"
    );
    Ok(())
}

#[test]
fn cargo_finds_every_package_of_the_workspace_in_what_the_image_is_built_from() -> Result<()> {
    let manifest: toml::Table = toml::from_str(&text("Cargo.toml")?)?;
    let members = manifest["workspace"]["members"]
        .as_array()
        .context("members")?;
    let ignored = text(".dockerignore")?;
    let ignored: Vec<&str> = ignored
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    for member in members {
        let member = member.as_str().context("a member")?;
        assert!(root().join(member).is_dir());
        let hides = |line: &&&str| member == **line || member.starts_with(&format!("{line}/"));
        assert_eq!(ignored.iter().find(hides), None, "{member}");
    }
    Ok(())
}
