//! A program to cut the power of: writes rows one by one and prints the number of
//! each once SQLite said that it is stored. Then, `token` is replaced by a draft
//! that was synced, and its folder is not.

use rusqlite::Connection;
use std::io::Write;
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, synchronous, rows] = arguments.as_slice() else {
        anyhow::bail!("rows FOLDER SYNCHRONOUS ROWS");
    };
    let folder = Path::new(folder);
    let db = Connection::open(folder.join("rows.db"))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", synchronous)?;
    db.execute_batch("CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, text TEXT)")?;
    let mut out = std::io::stdout();
    for n in 0..rows.parse::<u32>()? {
        db.execute("INSERT INTO rows (text) VALUES (?1)", ["x".repeat(300)])?;
        writeln!(out, "{n}")?;
        out.flush()?;
    }
    let mut draft = std::fs::File::create(folder.join("token.draft"))?;
    draft.write_all(b"new")?;
    draft.sync_all()?;
    std::fs::rename(folder.join("token.draft"), folder.join("token"))?;
    writeln!(out, "end")?;
    out.flush()?;
    // Until it is killed.
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}
