//! Where the sessions of a day stand in its column of the week. The column shows the hours from 8 to 18.

/// The first hour of the column.
pub(super) const FIRST_HOUR: u32 = 8;

/// The hour at which the column ends.
pub(super) const LAST_HOUR: u32 = 18;

/// The shortest block, in minutes: a line of text.
const SHORTEST: u32 = 30;

/// The minutes from one possible edge of a block to the next.
const STEP: u32 = 5;

/// How many blocks stand side by side.
const LANES: usize = 3;

/// When a session begins, in minutes after midnight, and how many minutes it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) begin: u32,
    pub(super) minutes: u32,
}

/// A block in the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    /// Minutes after midnight.
    begin: u32,
    minutes: u32,
    lane: usize,
    /// How many lanes share the width.
    lanes: usize,
}

impl Block {
    /// The classes that place it.
    pub(super) fn classes(self) -> String {
        let size = match self.minutes {
            ..60 => " short",
            60..80 => "",
            80.. => " long",
        };
        let place = format!("h{} m{} d{}{size}", self.begin / 60, self.begin % 60, self.minutes);
        match (self.lanes, self.lane) {
            (1, _) => place,
            (lanes, 0) => format!("{place} of{lanes}"),
            (lanes, lane) => format!("{place} of{lanes} l{lane}"),
        }
    }

    const fn end(self) -> u32 {
        self.begin + self.minutes
    }
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It begins before the column.
    Before,
    /// It begins after the column.
    After,
    /// It has a block.
    In(Block),
    /// Too many stand side by side: it is counted among those behind a link.
    Hidden,
}

/// The column of a day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Layout {
    /// The place of each session, in the order of the slots.
    pub(super) places: Vec<Place>,
    /// Where a link stands for sessions that are hidden, and how many these are.
    pub(super) more: Vec<(Block, usize)>,
}

/// Places the sessions of a day.
pub(super) fn lay_out(slots: &[Slot]) -> Layout {
    let mut layout = Layout { places: vec![Place::Hidden; slots.len()], more: Vec::new() };
    let mut order: Vec<_> = slots.iter().copied().enumerate().collect();
    order.sort_by_key(|(position, slot)| (slot.begin, std::cmp::Reverse(slot.minutes), *position));
    let mut cluster = Cluster::default();
    for (position, slot) in order {
        let outside = match slot.begin / 60 {
            ..FIRST_HOUR => Some(Place::Before),
            FIRST_HOUR..LAST_HOUR => {
                let block = block_of(slot);
                if block.begin >= cluster.end {
                    std::mem::take(&mut cluster).finish(&mut layout);
                }
                cluster.add(position, block);
                None
            }
            LAST_HOUR.. => Some(Place::After),
        };
        if let Some(outside) = outside
            && let Some(place) = layout.places.get_mut(position)
        {
            *place = outside;
        }
    }
    cluster.finish(&mut layout);
    layout
}

/// The block of a session: its edges are possible ones, and it is long enough to be read.
fn block_of(slot: Slot) -> Block {
    let last = LAST_HOUR * 60;
    let begin = (slot.begin - slot.begin % STEP).min(last - SHORTEST);
    let end = (slot.begin + slot.minutes).next_multiple_of(STEP).max(begin + SHORTEST).min(last);
    Block { begin, minutes: end - begin, lane: 0, lanes: 1 }
}

/// Sessions that overlap, directly or by others.
#[derive(Default)]
struct Cluster {
    blocks: Vec<(usize, Block)>,
    /// When each lane is free again.
    lanes: Vec<u32>,
    end: u32,
}

impl Cluster {
    fn add(&mut self, position: usize, block: Block) {
        let free = self.lanes.iter().position(|until| *until <= block.begin);
        let lane = free.unwrap_or(self.lanes.len());
        match self.lanes.get_mut(lane) {
            Some(until) => *until = block.end(),
            None => self.lanes.push(block.end()),
        }
        self.end = self.end.max(block.end());
        self.blocks.push((position, Block { lane, ..block }));
    }

    fn finish(self, layout: &mut Layout) {
        let is_crowded = self.lanes.len() > LANES;
        // The last lane is left to the link.
        let shown = if is_crowded { LANES - 1 } else { LANES };
        let lanes = self.lanes.len().min(LANES);
        let mut hidden: Option<(Block, usize)> = None;
        for (position, block) in self.blocks {
            if block.lane < shown {
                if let Some(place) = layout.places.get_mut(position) {
                    *place = Place::In(Block { lanes, ..block });
                }
            } else {
                let link = Block { minutes: SHORTEST, lane: shown, lanes, ..block };
                hidden = Some(hidden.map_or((link, 1), |(first, count)| (first, count + 1)));
            }
        }
        layout.more.extend(hidden);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(hour: u32, minute: u32, minutes: u32) -> Slot {
        Slot { begin: hour * 60 + minute, minutes }
    }

    fn classes(slots: &[Slot]) -> Vec<String> {
        let shown = |place| match place {
            Place::In(block) => block.classes(),
            other => format!("{other:?}"),
        };
        lay_out(slots).places.into_iter().map(shown).collect()
    }

    #[test]
    fn sessions_that_overlap_share_the_width() {
        assert_eq!(
            classes(&[slot(9, 0, 40), slot(10, 0, 80), slot(10, 30, 45), slot(11, 20, 60)]),
            ["h9 m0 d40 short", "h10 m0 d80 long of2", "h10 m30 d45 short of2 l1", "h11 m20 d60"]
        );
        assert_eq!(classes(&[slot(10, 0, 60), slot(9, 0, 60), slot(9, 0, 60)]), ["h10 m0 d60", "h9 m0 d60 of2", "h9 m0 d60 of2 l1"]);
    }

    #[test]
    fn more_than_three_become_a_link() {
        let crowd = lay_out(&[slot(9, 0, 60); 5]);
        assert_eq!(crowd.places.iter().filter(|place| **place == Place::Hidden).count(), 3);
        let [(block, 3)] = crowd.more.as_slice() else { panic!("{:?}", crowd.more) };
        assert_eq!(block.classes(), "h9 m0 d30 short of3 l2");
        assert_eq!(classes(&[slot(9, 0, 60); 3]), ["h9 m0 d60 of3", "h9 m0 d60 of3 l1", "h9 m0 d60 of3 l2"]);
    }

    #[test]
    fn blocks_have_edges_that_the_style_sheet_knows() {
        assert_eq!(classes(&[slot(9, 7, 5)]), ["h9 m5 d30 short"]);
        assert_eq!(classes(&[slot(17, 58, 360)]), ["h17 m30 d30 short"]);
        assert_eq!(classes(&[slot(16, 0, 360)]), ["h16 m0 d120 long"]);
        assert_eq!(classes(&[slot(7, 59, 60), slot(18, 0, 60), slot(23, 55, 360)]), ["Before", "After", "After"]);
        let css = include_str!("../../assets/console.css");
        for minutes in (SHORTEST..=360).step_by(5) {
            assert!(css.contains(&format!(".d{minutes}{{")), "{minutes}");
        }
    }
}
