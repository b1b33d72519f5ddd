//! What the ladder makes of real photos and of hard frames made to order.
