//! What a transaction has read of an event, and what its changes make of it.
//!
//! Decisions see and change the sight only; `write` then stores all of it. Since
//! transactions that write the same document do not both succeed, what was read
//! of a document that is written still stands there; the update of the stock is
//! conditional on the limit all the same.

use super::batch::{Answer, Job};
use super::event_number;
use super::facts::{self, stock_key};
use crate::mongo::commit;
use crate::mongo::db::Tx;
use crate::mongo::documents::{id, id_of, number, number_of, state, written};
use crate::mongo::error::MongoError;
use crate::mongo::type_prices;
use gateline_common::ids::{EventId, OrderId, TicketTypeId};
use gateline_core::orders::{Change, Offer, OnSale, Order, OrderError, StockMove, View, Wish};
use gateline_core::shared::{Commit, Consumed, StoreError};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use uuid::Uuid;

/// A ticket type's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    limit: i64,
    held: i64,
    sold: i64,
}

type Counts = BTreeMap<TicketTypeId, Count>;

/// What is to be stored, and may be there already.
#[derive(Default)]
pub(super) struct Known {
    orders: Vec<(OrderId, String)>,
    marks: Vec<Consumed>,
}

/// An event, its stock, and those orders that are to change.
pub(super) struct Sight {
    event: EventId,
    on_sale: Option<OnSale>,
    offers: HashMap<TicketTypeId, Offer>,
    /// The stock as it was read, and as it is now.
    found: Counts,
    counts: Counts,
    moved: HashSet<TicketTypeId>,
    /// Orders as they are now, and the version that was read.
    orders: HashMap<OrderId, (Order, u64)>,
    changed: Vec<OrderId>,
    placed: Vec<Order>,
    placed_without_stock: bool,
    /// Of others: ids and codes that are taken, marks that are set.
    taken: HashSet<OrderId>,
    codes: HashSet<String>,
    consumed: HashSet<(String, Uuid)>,
    answered: HashSet<(String, String)>,
    commits: Vec<Commit>,
}

impl Sight {
    pub(super) async fn of(tx: &mut Tx, event: EventId, jobs: &[Job]) -> Result<Self, MongoError> {
        let ids: Vec<OrderId> = jobs.iter().filter_map(|job| job.order).collect();
        let keys = jobs.iter().filter_map(|job| job.wish.key.as_ref());
        let answered = commit::answered(tx, keys).await?;
        let mut sight = Self::of_orders(tx, event, &ids).await?;
        sight.answered = answered;
        Ok(sight)
    }

    pub(super) async fn of_orders(
        tx: &mut Tx,
        event: EventId,
        ids: &[OrderId],
    ) -> Result<Self, MongoError> {
        let on_sale = tx.find_one("events", doc! {"_id": event_number(event)});
        let on_sale = on_sale.await?.and_then(facts::known);
        let filter = doc! {"event": event_number(event)};
        let stock = tx.find("stock", filter, FindOptions::default()).await?;
        let (mut offers, mut counts) = (HashMap::new(), Counts::new());
        for document in stock {
            let count = Count {
                limit: number_of(&document, "limit")?,
                held: number_of(&document, "held")?,
                sold: number_of(&document, "sold")?,
            };
            let offer: Offer = state(document)?;
            counts.insert(offer.ticket_type, count);
            offers.insert(offer.ticket_type, offer);
        }
        for price in type_prices::of(tx, &[event]).await? {
            if let Some(offer) = offers.get_mut(&price.ticket_type) {
                offer.own_price = price.price;
            }
        }
        let mut orders = HashMap::new();
        if !ids.is_empty() {
            let ids: Vec<Bson> = ids.iter().map(|order| id(order.0)).collect();
            let filter = doc! {"_id": {"$in": ids}};
            for document in tx.find("orders", filter, FindOptions::default()).await? {
                let order: Order = state(document)?;
                let version = order.version;
                orders.insert(order.id, (order, version));
            }
        }
        Ok(Self {
            event,
            on_sale: on_sale.transpose()?,
            offers,
            found: counts.clone(),
            counts,
            moved: HashSet::new(),
            orders,
            changed: Vec::new(),
            placed: Vec::new(),
            placed_without_stock: false,
            taken: HashSet::new(),
            codes: HashSet::new(),
            consumed: HashSet::new(),
            answered: HashSet::new(),
            commits: Vec::new(),
        })
    }

    /// Finds out what of `known` others have stored.
    pub(super) async fn look_for(&mut self, tx: &mut Tx, known: &Known) -> Result<(), MongoError> {
        self.consumed = commit::consumed(tx, known.marks.iter().copied()).await?;
        if known.orders.is_empty() {
            return Ok(());
        }
        let ids: Vec<Bson> = known.orders.iter().map(|(order, _)| id(order.0)).collect();
        let codes: Vec<&str> = known.orders.iter().map(|(_, code)| code.as_str()).collect();
        let filter = doc! {"$or": [{"_id": {"$in": ids}}, {"code": {"$in": codes}}]};
        let options = FindOptions::builder().projection(doc! {"code": 1}).build();
        for document in tx.find("orders", filter, options).await? {
            self.taken.insert(OrderId(id_of(&document, "_id")?));
            let code = document.get_str("code").unwrap_or_default();
            self.codes.insert(code.to_owned());
        }
        Ok(())
    }

    /// What was to be stored, for the next one to look for.
    pub(super) fn add_to(self, known: &mut Known) {
        let placed = self.placed.into_iter().map(|order| (order.id, order.code));
        known.orders.extend(placed);
        let marks = self.commits.iter().filter_map(|commit| commit.consumed);
        known.marks.extend(marks);
    }

    /// Decides `wish` of `order` (`None`: of a new one) by how things stand now.
    /// On an error all stands as before.
    pub(super) fn decide(&mut self, order: Option<OrderId>, wish: &Wish) -> Answer {
        if let Some(key) = &wish.key
            && self
                .answered
                .contains(&(key.scope.clone(), key.key.clone()))
        {
            return Err(StoreError::AlreadyAnswered.into());
        }
        let before = match order {
            None => None,
            Some(id) => Some(self.orders.get(&id).ok_or(OrderError::NotFound)?.0.clone()),
        };
        let view = View {
            order: before.clone(),
            event: self.on_sale.clone(),
            offers: self.offered(&wish.types),
        };
        // A panic is the end of this one only.
        let decided = catch_unwind(AssertUnwindSafe(|| (wish.decide)(&view)))
            .map_err(|_| StoreError::Failed("a decision panicked".to_owned()))?;
        match (decided?, before) {
            (None, None) => Err(OrderError::NotFound),
            (None, Some(before)) => {
                self.enter(wish.commit(None)?)?;
                Ok(before)
            }
            (Some(change), before) => self.take(change, before.is_none(), wish),
        }
    }

    fn offered(&self, types: &[TicketTypeId]) -> Vec<Offer> {
        let offers = types.iter().filter_map(|id| self.offers.get(id));
        offers.cloned().collect()
    }

    /// Makes `change`, or what it has instead when there is too little stock.
    fn take(&mut self, mut change: Change, new: bool, wish: &Wish) -> Answer {
        let (order, code) = (change.order.id, &change.order.code);
        if new && (self.taken.contains(&order) || self.codes.contains(code)) {
            return Err(OrderError::CodeTaken);
        }
        let counts = loop {
            match (self.after(&change.moves), change.instead.take()) {
                (Ok(counts), _) => break counts,
                (Err(OrderError::SoldOut(_)), Some(instead)) => change = *instead,
                (Err(error), _) => return Err(error),
            }
        };
        self.enter(wish.commit(Some(&change))?)?;
        self.counts = counts;
        let moved = change.moves.iter().map(|moved| moved.ticket_type);
        self.moved.extend(moved);
        let order = change.order;
        if new {
            self.placed_without_stock |= change.moves.is_empty();
            self.codes.insert(order.code.clone());
            self.taken.insert(order.id);
            self.placed.push(order.clone());
            return Ok(order);
        }
        if let Some((held, _)) = self.orders.get_mut(&order.id) {
            *held = order.clone();
        }
        if !self.changed.contains(&order.id) {
            self.changed.push(order.id);
        }
        Ok(order)
    }

    /// The stock after `moves`.
    fn after(&self, moves: &[StockMove]) -> Result<Counts, OrderError> {
        let mut counts = self.counts.clone();
        for of in moves {
            let sold_out = OrderError::SoldOut(of.ticket_type);
            let Some(count) = counts.get_mut(&of.ticket_type) else {
                return Err(sold_out);
            };
            let takes = of.held + of.sold;
            if takes > 0 && count.held + count.sold + takes > count.limit {
                return Err(sold_out);
            }
            count.held += of.held;
            count.sold += of.sold;
            if count.held < 0 || count.sold < 0 {
                let why = format!("the stock of type {} would be negative", of.ticket_type);
                return Err(StoreError::Failed(why).into());
            }
        }
        Ok(counts)
    }

    fn enter(&mut self, commit: Commit) -> Result<(), StoreError> {
        if let Some(mark) = commit.consumed
            && !self.consumed.insert((mark.consumer.to_owned(), mark.event))
        {
            return Err(StoreError::AlreadyConsumed);
        }
        if let Some(answer) = &commit.answer {
            let key = &answer.key;
            self.answered.insert((key.scope.clone(), key.key.clone()));
        }
        self.commits.push(commit);
        Ok(())
    }

    /// Stores what was decided. First the stock: whoever is met is met there.
    pub(super) async fn write(&self, tx: &mut Tx) -> Result<(), MongoError> {
        for ticket_type in &self.moved {
            self.move_stock(tx, *ticket_type).await?;
        }
        if self.placed_without_stock {
            facts::take_turn(tx, self.event).await?;
        }
        let placed: Result<Vec<Document>, _> = self.placed.iter().map(inserted).collect();
        tx.insert_many("orders", placed?).await?;
        for id in &self.changed {
            if let Some((order, version)) = self.orders.get(id) {
                update(tx, order, *version).await?;
            }
        }
        commit::apply_all(tx, &self.commits).await
    }

    /// The conditional update that makes overselling impossible.
    async fn move_stock(&self, tx: &mut Tx, id: TicketTypeId) -> Result<(), MongoError> {
        let (Some(found), Some(count)) = (self.found.get(&id), self.counts.get(&id)) else {
            return Ok(());
        };
        let (held, sold) = (count.held - found.held, count.sold - found.sold);
        let mut filter = doc! {
            "_id": stock_key(self.event, id),
            "held": {"$gte": -held},
            "sold": {"$gte": -sold},
        };
        let takes = held + sold;
        if takes > 0 {
            let after = doc! {"$add": ["$held", "$sold", takes]};
            filter.insert("$expr", doc! {"$lte": [after, "$limit"]});
        }
        let moves = doc! {"$inc": {"held": held, "sold": sold, "turn": 1_i64}};
        one_or_again(tx.update("stock", filter, moves).await?)
    }
}

async fn update(tx: &mut Tx, order: &Order, version: u64) -> Result<(), MongoError> {
    let before = doc! {"_id": id(order.id.0), "version": number(version)};
    let change = doc! {"$set": {
        "status": written(&order.status)?,
        "version": number(order.version),
        "doc": written(order)?,
    }};
    one_or_again(tx.update("orders", before, change).await?)
}

fn inserted(order: &Order) -> Result<Document, MongoError> {
    Ok(doc! {
        "_id": id(order.id.0),
        "code": &order.code,
        "event": event_number(order.event),
        "buyer": id(order.buyer.user.0),
        "status": written(&order.status)?,
        "version": number(order.version),
        "doc": written(order)?,
    })
}

fn one_or_again(documents: u64) -> Result<(), MongoError> {
    if documents == 1 {
        Ok(())
    } else {
        Err(MongoError::Again)
    }
}
