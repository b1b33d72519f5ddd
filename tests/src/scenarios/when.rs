//! Times as the scenario files write them.

use anyhow::{Context, anyhow};
use gateline_common::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The clocks at the event.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    zone: TimeZone,
    day: Date,
}

impl Clock {
    pub(super) fn new(timezone: &str, day: &str) -> anyhow::Result<Self> {
        let zone = TimeZoneDatabase::bundled().get(timezone)?;
        Ok(Self {
            zone,
            day: day.parse()?,
        })
    }

    /// `18:00`, `18:00:05.250`, `2/10:00`.
    pub(super) fn at(&self, text: &str) -> anyhow::Result<Timestamp> {
        let (day, time) = text.split_once('/').unwrap_or(("1", text));
        let day: i64 = day.parse().with_context(|| format!("day in {text:?}"))?;
        let date = self.day.checked_add((day - 1).days())?;
        let time = time_of_day(time)?;
        let zoned = self.zone.to_zoned(date.to_datetime(time))?;
        Ok(Timestamp(zoned.timestamp().as_millisecond()))
    }

    pub(super) fn maybe(&self, text: Option<&String>) -> anyhow::Result<Option<Timestamp>> {
        text.map(|text| self.at(text)).transpose()
    }
}

/// Minutes after midnight; `24:00` is 1440.
pub(super) fn minute_of_day(text: &str) -> anyhow::Result<u16> {
    let (hour, minute) = text
        .split_once(':')
        .ok_or_else(|| anyhow!("{text:?} is no time"))?;
    Ok(hour.parse::<u16>()? * 60 + minute.parse::<u16>()?)
}

fn time_of_day(text: &str) -> anyhow::Result<Time> {
    let full = if text.matches(':').count() == 1 {
        format!("{text}:00")
    } else {
        text.to_owned()
    };
    full.parse().with_context(|| format!("{text:?} is no time"))
}
