//! Makes sure that this machine has what a build needs: system libraries, Node
//! and npm, and the tools of the app's tests.
//!
//! Always: quick when everything is there; says what it installs, and asks first
//! when somebody is at the terminal; where it cannot install, it names what is
//! missing and stops.

use crate::command::{command, output, run_in_foreground};
use crate::environment::{can_ask, program};
use crate::services::mongod;
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Something a build or a test needs, and the Debian package that brings it.
struct Need {
    what: &'static str,
    package: &'static str,
    probe: Probe,
}

enum Probe {
    Program(&'static str),
    Compose,
    Library(&'static str),
    Libclang,
    PythonVenv,
    /// MongoDB, or what its stand-in needs.
    MongoDb,
}

const NEEDS: &[Need] = &[
    Need {
        what: "a C compiler and make",
        package: "build-essential",
        probe: Probe::Program("cc"),
    },
    Need {
        what: "pkg-config",
        package: "pkg-config",
        probe: Probe::Program("pkg-config"),
    },
    Need {
        what: "git",
        package: "git",
        probe: Probe::Program("git"),
    },
    Need {
        what: "OpenSSL (for the scanner's encrypted store)",
        package: "libssl-dev",
        probe: Probe::Library("openssl"),
    },
    Need {
        what: "libclang (for the camera's bindings)",
        package: "libclang-dev",
        probe: Probe::Libclang,
    },
    Need {
        what: "WebKitGTK 4.1 (for the scanner's window)",
        package: "libwebkit2gtk-4.1-dev",
        probe: Probe::Library("webkit2gtk-4.1"),
    },
    Need {
        what: "WebKitWebDriver (drives the window in tests)",
        package: "webkit2gtk-driver",
        probe: Probe::Program("WebKitWebDriver"),
    },
    Need {
        what: "Xvfb (a display for tests)",
        package: "xvfb",
        probe: Probe::Program("Xvfb"),
    },
    Need {
        what: "a D-Bus session (for the keyring in tests)",
        package: "dbus-daemon",
        probe: Probe::Program("dbus-run-session"),
    },
    Need {
        what: "a keyring (for tests)",
        package: "gnome-keyring",
        probe: Probe::Program("gnome-keyring-daemon"),
    },
];

/// What `cargo xtask services` starts.
const SERVERS: &[Need] = &[
    Need {
        what: "RabbitMQ (the bus of the distributed mode)",
        package: "rabbitmq-server",
        probe: Probe::Program("rabbitmq-server"),
    },
    Need {
        what: "Redis (the cache of the distributed mode)",
        package: "redis-server",
        probe: Probe::Program("redis-server"),
    },
    Need {
        what: "NGINX (before the services of the distributed mode)",
        package: "nginx-light",
        probe: Probe::Program("nginx"),
    },
    Need {
        what: "Python with venv (for the stand-in of MongoDB)",
        package: "python3-venv",
        probe: Probe::MongoDb,
    },
];

/// What the tests check `deploy/` with.
const DEPLOY: &[Need] = &[
    Need {
        what: "NGINX (the routes before the services)",
        package: "nginx-light",
        probe: Probe::Program("nginx"),
    },
    Need {
        what: "Docker's compose (reads compose.yaml; no engine is needed)",
        package: "docker-compose",
        probe: Probe::Compose,
    },
    Need {
        what: "promtool (checks alert rules)",
        package: "prometheus",
        probe: Probe::Program("promtool"),
    },
    Need {
        what: "Python with venv (for kubectl and what checks manifests)",
        package: "python3-venv",
        probe: Probe::PythonVenv,
    },
];

impl Need {
    fn is_met(&self) -> bool {
        match self.probe {
            Probe::Program(name) => program(name).is_some(),
            Probe::Compose => {
                output(command("docker", &["compose", "version"])).is_some()
                    || program("docker-compose").is_some()
            }
            Probe::Library(name) => {
                output(command("pkg-config", &["--modversion", name])).is_some()
            }
            Probe::Libclang => has_libclang(),
            Probe::PythonVenv => has_venv(),
            Probe::MongoDb => mongod().is_some() || has_venv(),
        }
    }
}

/// Installs what is missing.
pub(crate) fn ensure() -> Result<()> {
    check_node()?;
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    bring(NEEDS)
}

/// Installs what is missing of the servers that the distributed mode needs.
pub(crate) fn ensure_servers() -> Result<()> {
    bring(SERVERS)
}

/// Installs what is missing of the system's packages that `deploy/` is checked with.
pub(crate) fn ensure_deploy() -> Result<()> {
    bring(DEPLOY)
}

fn bring(needs: &'static [Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !need.is_met()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("This machine lacks:");
    for need in &missing {
        println!("  {:<24} {}", need.package, need.what);
    }
    if program("apt-get").is_none() {
        bail!("no apt-get here: install the above with your system's tools and run this again");
    }
    install(&missing.iter().map(|need| need.package).collect::<Vec<_>>())?;
    let still: Vec<&str> = missing
        .iter()
        .filter(|need| !need.is_met())
        .map(|need| need.what)
        .collect();
    if !still.is_empty() {
        bail!("installed, but still not found: {}", still.join(", "));
    }
    Ok(())
}

fn install(packages: &[&str]) -> Result<()> {
    let wait = ["-o", "DPkg::Lock::Timeout=300"];
    let update = as_root("apt-get", &[&wait[..], &["update"]].concat())?;
    let mut install = as_root(
        "apt-get",
        &[
            &wait[..],
            &["install", "--yes", "--no-install-recommends"],
            packages,
        ]
        .concat(),
    )?;
    install.stdin(std::process::Stdio::null());
    println!("To install: {}", crate::command::describe(&install));
    if can_ask() && !agreed()? {
        bail!("nothing was installed");
    }
    let by_hand = format!(
        "without a connection to the package servers nothing can be installed; once there is one, \
         run this again, or install by hand: {}",
        packages.join(" ")
    );
    run_in_foreground(update).with_context(|| by_hand.clone())?;
    run_in_foreground(install).context(by_hand)
}

/// The command, through sudo unless this is root already.
fn as_root(name: &str, arguments: &[&str]) -> Result<Command> {
    let is_root = output(command("id", &["-u"])).is_some_and(|id| id.trim() == "0");
    let mut line = vec!["env", "DEBIAN_FRONTEND=noninteractive", name];
    if !is_root {
        if program("sudo").is_none() {
            bail!(
                "run as root, or install sudo: {name} {}",
                arguments.join(" ")
            );
        }
        line.insert(0, "sudo");
    }
    line.extend(arguments);
    Ok(command(line[0], &line[1..]))
}

fn agreed() -> Result<bool> {
    print!("Install these now? [Y/n] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "" | "y" | "yes"
    ))
}

/// Vite's engines: 20.19 and later, 22.12 and later; not 21.
fn check_node() -> Result<()> {
    let advice = "install Node.js 22 or later with npm (https://nodejs.org/en/download)";
    let version = output(command("node", &["--version"]))
        .with_context(|| format!("node is missing: {advice}"))?;
    if !node_suffices(&version) {
        bail!("node {} is too old: {advice}", version.trim());
    }
    output(command(npm(), &["--version"])).with_context(|| format!("npm is missing: {advice}"))?;
    Ok(())
}

/// npm as this system spells it.
pub(crate) fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

fn node_suffices(version: &str) -> bool {
    let mut numbers = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map(|number| number.parse::<u32>().unwrap_or(0));
    match (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) {
        (20, minor) => minor >= 19,
        (22, minor) => minor >= 12,
        (major, _) => major > 22,
    }
}

fn has_venv() -> bool {
    output(command("python3", &["-c", "import ensurepip, venv"])).is_some()
}

/// Where clang's library is looked for by the crate that loads it.
fn has_libclang() -> bool {
    let holds = |folder: &Path| {
        std::fs::read_dir(folder).is_ok_and(|entries| {
            entries
                .flatten()
                .any(|entry| is_libclang(&entry.file_name().to_string_lossy()))
        })
    };
    let llvm = std::fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("llvm"))
        .map(|entry| entry.path().join("lib"));
    llvm.into_iter().any(|folder| holds(&folder))
        || ["/usr/lib64", "/usr/lib", "/usr/local/lib"]
            .iter()
            .any(|folder| holds(Path::new(folder)))
}

/// Is this file clang's C library? `libclang-cpp`, which other packages bring,
/// is not.
fn is_libclang(name: &str) -> bool {
    let rest = name.strip_prefix("libclang").unwrap_or_default();
    let version = rest.strip_prefix('-').unwrap_or_default();
    rest.starts_with(".so")
        || rest.starts_with(".dylib")
        || version.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{is_libclang, node_suffices};

    #[test]
    fn clangs_library_is_told_from_those_beside_it() {
        for good in [
            "libclang.so",
            "libclang.so.1",
            "libclang-14.so.14.0.6",
            "libclang.dylib",
        ] {
            assert!(is_libclang(good), "{good}");
        }
        for bad in [
            "libclang-cpp.so.14",
            "libclang_rt.asan.a",
            "libclangAST.a",
            "clang",
        ] {
            assert!(!is_libclang(bad), "{bad}");
        }
    }

    #[test]
    fn the_versions_of_node_that_the_screens_build_with_are_accepted() {
        for good in ["v20.19.0\n", "v20.20.2", "v22.12.0", "v24.1.0", "v26.0.0"] {
            assert!(node_suffices(good), "{good}");
        }
        for bad in [
            "v18.20.4", "v20.18.9", "v21.7.0", "v22.11.0", "", "nonsense",
        ] {
            assert!(!node_suffices(bad), "{bad}");
        }
    }
}
