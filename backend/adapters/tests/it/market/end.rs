//! The end of a market: everything said is heard, and the books are right.

use super::{EVENT, Market};
use gateline_common::bus::OrderStatus;
use gateline_core::orders::{self, Order};
use gateline_core::shared::PageRequest;
use std::sync::atomic::Ordering;

impl Market {
    /// Lets all deadlines pass and everything said be heard.
    pub(super) async fn settle(&self) {
        self.line.bad.store(false, Ordering::SeqCst);
        for _ in 0..50 {
            self.clock.advance_ms(3_600_000); // beyond every pause
            self.jobs().await;
            while self.backlog().await > 0 {
                let before = self.backlog().await;
                for i in 0..64 {
                    self.deliver_one(i, false).await;
                }
                if self.backlog().await >= before {
                    break; // the jobs are to say something first
                }
            }
            self.jobs().await;
            if self.backlog().await == 0 && self.all_are_final().await {
                return;
            }
        }
        panic!("it never came to rest");
    }

    async fn all(&self) -> Vec<Order> {
        let page = PageRequest {
            limit: 200,
            after: None,
        };
        let filter = orders::OrderFilter::default();
        self.stores.orders.list(filter, &page).await.unwrap().items
    }

    async fn all_are_final(&self) -> bool {
        let orders = self.all().await;
        let open = |order: &Order| {
            let goes_on = order.is_unpaid() || self.off && order.status == OrderStatus::Completed;
            goes_on || order.refunds.iter().any(|r| r.completed_at.is_none())
        };
        !orders.iter().any(open)
    }

    pub(super) async fn assert_books_are_right(&self) {
        let orders = self.all().await;
        for order in &orders {
            let kept = self.gateway.kept_minor(order.id).await.unwrap();
            let price = match order.status {
                OrderStatus::Completed => order.total.minor,
                _ => 0,
            };
            assert_eq!(kept, price, "{order:?}");
        }
        let sale = self.stores.orders.sale(EVENT).await.unwrap().unwrap();
        for (offer, stock) in sale.offers {
            let completed = orders.iter().filter(|o| o.status == OrderStatus::Completed);
            let lines = completed.flat_map(|order| &order.lines);
            let sold = lines.filter(|line| line.ticket_type == offer.ticket_type);
            assert_eq!(stock.sold, sold.map(|line| line.quantity).sum::<u32>());
            assert_eq!(stock.held, 0);
        }
    }
}
