//! Counts what each voice reads.

use std::{collections::BTreeMap, sync::Arc};

use gateline_scanner::{
    decode::{Ladder, Outcome},
    frame::Frame,
};

/// What the voices made of a set of frames.
pub(crate) struct Tally {
    pub(crate) voices: Vec<&'static str>,
    /// By kind of frame, in which each row tells which voices read it.
    pub(crate) kinds: BTreeMap<String, Vec<Vec<bool>>>,
    /// By voice: what reading took, in ms.
    pub(crate) costs: Vec<Vec<f64>>,
    /// By voice: texts read that are not in the frame.
    pub(crate) misread: Vec<usize>,
    /// By voice: panics, and frames over which it was late.
    pub(crate) failed: Vec<usize>,
}

impl Tally {
    pub(crate) fn new(voices: Vec<&'static str>) -> Self {
        let count = voices.len();
        Self {
            voices,
            kinds: BTreeMap::new(),
            costs: vec![Vec::new(); count],
            misread: vec![0; count],
            failed: vec![0; count],
        }
    }

    /// Shows the frame to every voice.
    pub(crate) fn take(&mut self, ladder: &mut Ladder, kind: &str, text: &str, frame: Frame) {
        let frame = Arc::new(frame);
        let mut row = Vec::new();
        for (voice, answer) in ladder.each(&frame).into_iter().enumerate() {
            self.costs[voice].push(answer.ms);
            let texts = match answer.outcome {
                Outcome::Read(texts) => texts,
                Outcome::Panicked(_) | Outcome::Late => {
                    self.failed[voice] += 1;
                    Vec::new()
                }
            };
            self.misread[voice] += texts.iter().filter(|read| *read != text).count();
            row.push(texts.iter().any(|read| read == text));
        }
        self.kinds.entry(kind.to_owned()).or_default().push(row);
    }

    pub(crate) fn frames(&self) -> usize {
        self.kinds.values().map(Vec::len).sum()
    }

    /// Frames that this voice reads.
    pub(crate) fn alone(&self, voice: usize) -> usize {
        self.rows().filter(|row| row[voice]).count()
    }

    /// Frames that this voice reads and none before it.
    pub(crate) fn added(&self, voice: usize) -> usize {
        self.rows()
            .filter(|row| row.iter().position(|&read| read) == Some(voice))
            .count()
    }

    /// Frames that this voice reads and no other at all.
    pub(crate) fn only(&self, voice: usize) -> usize {
        let lonely = |row: &&Vec<bool>| row[voice] && row.iter().filter(|&&read| read).count() == 1;
        self.rows().filter(lonely).count()
    }

    /// Frames that any voice reads.
    pub(crate) fn read(&self) -> usize {
        self.rows().filter(|row| row.contains(&true)).count()
    }

    /// The cost that this share of the frames stays within, in ms.
    pub(crate) fn cost(&self, voice: usize, share: f64) -> f64 {
        let mut sorted = self.costs[voice].clone();
        sorted.sort_by(f64::total_cmp);
        let index = (share * sorted.len() as f64).ceil() as usize;
        sorted
            .get(index.clamp(1, sorted.len().max(1)) - 1)
            .copied()
            .unwrap_or(0.0)
    }

    fn rows(&self) -> impl Iterator<Item = &Vec<bool>> {
        self.kinds.values().flatten()
    }
}
