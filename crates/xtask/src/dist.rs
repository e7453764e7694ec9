//! `cargo xtask dist`: the page as a folder of files for any web server, object store or CDN.

use std::fs;
use std::path::{Path, PathBuf};

use crate::layout::{BUILD, CONFIG, INDEX, ROOT, relative, twin};
use crate::page::files;
use crate::shell::{Done, root};
use crate::{page, tools};

/// Where the files go unless `--out` says otherwise.
const OUT: &str = "site";

/// Builds the page and publishes it into a folder.
pub(crate) fn run(arguments: &[String]) -> Done {
    let out = match arguments {
        [] => root().join(OUT),
        [flag, folder] if flag == "--out" => PathBuf::from(folder),
        _ => return Err(String::from("dist takes --out DIR and nothing else")),
    };
    tools::serve()?;
    page::build()?;
    publish(&page::dist(), &out).map_err(|error| format!("{} cannot be written: {error}", out.display()))?;
    println!("{}", out.display());
    Ok(())
}

/// Copies a built page over what a folder holds. Builds that are there stay, and so does the configuration; what
/// points to the new build comes after it, so that the folder is whole at any moment.
fn publish(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut all = files(from);
    all.sort_by_key(|file| {
        let name = relative(from, file);
        (name.starts_with(INDEX) || name.starts_with(ROOT), !name.starts_with(BUILD))
    });
    for file in all {
        let name = relative(from, &file);
        let place = to.join(&name);
        if name == CONFIG && place.exists() {
            continue;
        }
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        let partial = twin(&place, "partial");
        fs::copy(&file, &partial)?;
        fs::rename(partial, &place)?;
        for suffix in ["br", "gz"] {
            if !twin(&file, suffix).exists() && twin(&place, suffix).exists() {
                fs::remove_file(twin(&place, suffix))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that goes with the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("hookboard-dist-{name}-{}", std::process::id())))
        }

        fn with(self, files: &[(&str, &str)]) -> std::io::Result<Self> {
            for (name, text) in files {
                let place = self.0.join(name);
                fs::create_dir_all(place.parent().unwrap_or(&self.0))?;
                fs::write(place, text)?;
            }
            Ok(self)
        }

        fn text(&self, name: &str) -> Option<String> {
            fs::read_to_string(self.0.join(name)).ok()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn an_earlier_build_and_the_configuration_stay() -> std::io::Result<()> {
        let out = Scratch::new("out");
        let first = Scratch::new("first").with(&[
            ("index.html", "one"),
            ("index.html.br", "1"),
            ("config.json", "default"),
            ("build-1/page.js", "one"),
        ])?;
        let second = Scratch::new("second").with(&[
            ("index.html", "two"),
            ("config.json", "default"),
            ("build-2/page.js", "two"),
        ])?;
        publish(&first.0, &out.0)?;
        fs::write(out.0.join("config.json"), "mine")?;
        publish(&second.0, &out.0)?;
        assert_eq!(out.text("index.html").as_deref(), Some("two"));
        assert_eq!(out.text("index.html.br"), None, "a twin of another text");
        assert_eq!(out.text("config.json").as_deref(), Some("mine"));
        assert_eq!(out.text("build-1/page.js").as_deref(), Some("one"));
        assert_eq!(out.text("build-2/page.js").as_deref(), Some("two"));
        assert!(files(&out.0).iter().all(|file| !file.to_string_lossy().ends_with("partial")));
        Ok(())
    }
}
