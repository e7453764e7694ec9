//! A Postgres server of a run's own, in a temporary folder, reachable by its socket only.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::shell::{Done, output};
use crate::tools;

/// Connections: each of the servers that tests run beside each other takes up to sixteen.
const CONNECTIONS: u32 = 300;
/// How long it may take to start and to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server; stopped and removed when dropped.
pub(crate) struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
    account: Option<Account>,
    server: Option<Child>,
}

/// Whom the server runs as: it refuses to be root.
#[derive(Debug, Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Postgres {
    /// Installs what is missing, makes a database cluster and starts it.
    pub(crate) fn start() -> Done<Self> {
        let bin = tools::postgres()?;
        let folder = std::env::temp_dir().join(format!("hookboard-postgres-{}", std::process::id()));
        let unusable = |error: std::io::Error| format!("{} cannot be made: {error}", folder.display());
        fs::create_dir(&folder).map_err(unusable)?;
        let mut postgres = Self { bin, account: account()?, folder, server: None };
        let unusable = |error: std::io::Error| format!("{} cannot be given away: {error}", postgres.folder.display());
        fs::set_permissions(&postgres.folder, fs::Permissions::from_mode(0o700)).map_err(unusable)?;
        if let Some(account) = postgres.account {
            chown(&postgres.folder, Some(account.user), Some(account.group)).map_err(unusable)?;
        }
        postgres.make()?;
        postgres.run()?;
        Ok(postgres)
    }

    /// The database that every Postgres server has.
    pub(crate) fn url(&self) -> String {
        format!("postgres://hookboard@localhost/postgres?host={}", self.folder.display())
    }

    /// `PATH` with Postgres's own programs, of which distributions show some only.
    pub(crate) fn path(&self) -> std::ffi::OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(std::env::split_paths(&path).chain([self.bin.clone()])).unwrap_or(path)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir(&self.folder);
        if let Some(account) = self.account {
            command.uid(account.user).gid(account.group);
        }
        command
    }

    fn make(&self) -> Done {
        let mut initdb = self.program("initdb");
        initdb.args(["--username", "hookboard", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--pgdata"]);
        let made = initdb.arg(self.data()).output().map_err(|error| format!("initdb cannot be started: {error}"))?;
        if made.status.success() {
            Ok(())
        } else {
            Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim()))
        }
    }

    fn run(&mut self) -> Done {
        let log_file = self.folder.join("log");
        let log = fs::File::create(&log_file).map_err(|error| format!("{}: {error}", log_file.display()))?;
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.data()).arg("-k").arg(&self.folder);
        server.args(["-c", "listen_addresses=", "-c", &format!("max_connections={CONNECTIONS}")]);
        let started = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let mut server = started.map_err(|error| format!("postgres cannot be started: {error}"))?;
        let end = Instant::now() + PATIENCE;
        loop {
            // The last line of this file says it; `pg_ctl start` waits for the same.
            let state = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
            if state.lines().last().is_some_and(|line| line.trim() == "ready") {
                self.server = Some(server);
                return Ok(());
            }
            let has_ended = server.try_wait().is_ok_and(|ended| ended.is_some());
            if has_ended || Instant::now() > end {
                self.server = Some(server);
                let said = fs::read_to_string(&log_file).unwrap_or_default();
                return Err(format!("postgres did not start: {}", said.lines().last().unwrap_or("it said nothing")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let stop = self.program("pg_ctl").args(["stop", "-s", "-m", "immediate", "-D"]).arg(self.data()).status();
            if !stop.is_ok_and(|status| status.success()) {
                // What does not stop by itself.
                let _ = server.kill();
            }
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Postgres's own user, or one that owns nothing, where root is who runs this.
fn account() -> Done<Option<Account>> {
    let number = |flag: &str, name: &str| output(Command::new("id").args([flag, name]))?.parse().ok();
    if output(Command::new("id").arg("-u")).as_deref() != Some("0") {
        return Ok(None);
    }
    let known = ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| Some(Account { user: number("-u", name)?, group: number("-g", name)? }));
    known.map(Some).ok_or_else(|| String::from("Postgres refuses to run as root. Run this as another user."))
}

/// The folder with the programs of the newest version that is installed.
pub(crate) fn installed() -> Option<PathBuf> {
    let whole =
        |folder: &PathBuf| ["initdb", "postgres", "pg_ctl", "psql"].iter().all(|name| folder.join(name).is_file());
    let on_path = std::env::var_os("PATH").and_then(|path| std::env::split_paths(&path).find(whole));
    // Debian and its kin keep each version in a folder of its own, off the path.
    let of_debian = || {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
        let mut found: Vec<(u32, PathBuf)> =
            versions.filter_map(|entry| Some((number(&entry.path())?, entry.path().join("bin")))).collect();
        found.retain(|(_, bin)| whole(bin));
        found.into_iter().max().map(|(_, bin)| bin)
    };
    on_path.or_else(of_debian)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_by_its_socket_and_leaves_nothing_behind() {
        // Tests install nothing.
        if installed().is_none() {
            return;
        }
        let postgres = Postgres::start().expect("started");
        let (folder, url) = (postgres.folder.clone(), postgres.url());
        let ask = |what: &str| output(Command::new("psql").env("PATH", postgres.path()).args(["-tAc", what, &url]));
        assert_eq!(ask("SHOW fsync").as_deref(), Some("on"));
        assert_eq!(ask("SHOW listen_addresses").as_deref(), Some(""));
        drop(postgres);
        assert!(!folder.exists());
        assert!(Command::new("psql").args(["-c", "SELECT 1", &url]).output().is_ok_and(|done| !done.status.success()));
    }
}
