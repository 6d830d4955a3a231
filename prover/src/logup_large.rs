//! Proof of many LogUp interactions: values that are looked up in a table, and messages that arrive in another order.

use std::array;
use std::iter;
use std::sync::Arc;

use openvm_stark_backend::interaction::{InteractionBuilder, LookupBus, PermutationCheckBus};
use openvm_stark_backend::p3_matrix::Matrix;
use openvm_stark_backend::p3_matrix::dense::RowMajorMatrix;
use openvm_stark_backend::{AirRef, PartitionedBaseAir, SystemParams, WhirProximityStrategy};
use openvm_stark_sdk::config::baby_bear_poseidon2::{BabyBearPoseidon2Config, F};
use openvm_stark_sdk::config::{
    DEFAULT_APP_L_SKIP, DEFAULT_APP_LOG_BLOWUP, DEFAULT_K_WHIR, params_with_100_bits_security,
};
use p3_air::{Air, AirBuilder, BaseAir, BaseAirWithPublicValues};
use p3_field::PrimeCharacteristicRing;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::proof::{self, ProofError};
use crate::size::LogupSize;

/// Fixed, so that every run proves the same statement and grinds for the same proof-of-work witnesses.
const INPUT_SEED: u64 = 42;

/// Values in a row. With three interactions for each, a row count that is a power of two, and the table, the number of all
/// interactions lies just below a power of two, to which the prover fills it up.
const VALUES: usize = 42;

const LOG_TABLE_HEIGHT: usize = 10;

/// Base-2 logarithm of the number of pieces into which the longest trace is stacked: some, so that the opening has rounds.
const LOG_STACKED_TRACES: usize = 2;

/// As many columns as the app parameters allow the stacked trace to have.
const STACKED_WIDTH: usize = 2048;

const MAX_CONSTRAINT_DEGREE: usize = 2;

/// Bits of proof of work, the first two as in the app parameters. Those have 20 before the queries of an opening round; the
/// fewer there are, the more queries make up for them, and the time of queries is even where that of a search is luck.
const FOLDING_POW_BITS: usize = 5;
const MU_POW_BITS: usize = 15;
const QUERY_POW_BITS: usize = 5;

const LOOKUPS: LookupBus = LookupBus::new(0);
const MESSAGES: PermutationCheckBus = PermutationCheckBus::new(1);

type Row = [u32; VALUES];

/// Looks up every value, and sends it with the number of its column.
struct SenderAir;

/// Receives every message once, from rows in any order.
struct ReceiverAir;

/// The values that may be looked up, `| value | times looked up |`.
struct RangeTableAir;

impl<T> BaseAir<T> for SenderAir {
    fn width(&self) -> usize {
        VALUES
    }
}

impl<T> BaseAir<T> for ReceiverAir {
    fn width(&self) -> usize {
        VALUES
    }
}

impl<T> BaseAir<T> for RangeTableAir {
    fn width(&self) -> usize {
        2
    }
}

impl<T> BaseAirWithPublicValues<T> for SenderAir {}
impl<T> BaseAirWithPublicValues<T> for ReceiverAir {}
impl<T> BaseAirWithPublicValues<T> for RangeTableAir {}
impl<T> PartitionedBaseAir<T> for SenderAir {}
impl<T> PartitionedBaseAir<T> for ReceiverAir {}
impl<T> PartitionedBaseAir<T> for RangeTableAir {}

impl<AB: InteractionBuilder> Air<AB> for SenderAir {
    fn eval(&self, builder: &mut AB) {
        for (column, value) in row(builder, 0).into_iter().enumerate() {
            LOOKUPS.lookup_key(builder, [value], AB::Expr::ONE);
            MESSAGES.send(builder, message::<AB>(column, value), AB::Expr::ONE);
        }
    }
}

impl<AB: InteractionBuilder> Air<AB> for ReceiverAir {
    fn eval(&self, builder: &mut AB) {
        for (column, value) in row(builder, 0).into_iter().enumerate() {
            MESSAGES.receive(builder, message::<AB>(column, value), AB::Expr::ONE);
        }
    }
}

impl<AB: InteractionBuilder> Air<AB> for RangeTableAir {
    fn eval(&self, builder: &mut AB) {
        let (local, next) = (row(builder, 0), row(builder, 1));
        builder.when_first_row().assert_zero(local[0]);
        builder.when_transition().assert_eq(local[0] + AB::Expr::ONE, next[0]);
        LOOKUPS.add_key_with_lookups(builder, [local[0]], local[1]);
    }
}

fn row<AB: AirBuilder<Var: Copy>>(builder: &AB, offset: usize) -> Vec<AB::Var> {
    let window = builder.main();
    window.row_slice(offset).expect("the window has two rows").to_vec()
}

fn message<AB: AirBuilder>(column: usize, value: AB::Var) -> [AB::Expr; 2] {
    [AB::Expr::from_usize(column), value.into()]
}

/// Proves that pseudo-random values are in the table and arrive in other rows than they were sent from, and verifies it.
pub fn prove_and_verify(size: LogupSize) -> Result<(), ProofError> {
    proof::prove_and_verify(params(size.log_rows()), &airs(), || {
        let sent = sent_rows(size.log_rows());
        traces(&sent, &shuffled(&sent))
    })
}

fn airs() -> [AirRef<BabyBearPoseidon2Config>; 3] {
    [Arc::new(SenderAir), Arc::new(ReceiverAir), Arc::new(RangeTableAir)]
}

fn params(log_rows: usize) -> SystemParams {
    let log_stacked_height = log_rows.max(LOG_TABLE_HEIGHT) + LOG_STACKED_TRACES;
    params_with_100_bits_security(
        DEFAULT_APP_LOG_BLOWUP,
        DEFAULT_APP_L_SKIP,
        log_stacked_height - DEFAULT_APP_L_SKIP,
        STACKED_WIDTH,
        FOLDING_POW_BITS,
        MU_POW_BITS,
        WhirProximityStrategy::UniqueDecoding,
        MAX_CONSTRAINT_DEGREE,
        QUERY_POW_BITS,
        DEFAULT_K_WHIR,
    )
}

fn sent_rows(log_rows: usize) -> Vec<Row> {
    let mut rng = StdRng::seed_from_u64(INPUT_SEED);
    let row = || array::from_fn(|_| rng.random_range(0..1 << LOG_TABLE_HEIGHT));
    iter::repeat_with(row).take(1 << log_rows).collect()
}

fn shuffled(sent: &[Row]) -> Vec<Row> {
    let mut received = sent.to_vec();
    received.shuffle(&mut StdRng::seed_from_u64(INPUT_SEED));
    received
}

/// A trace for each AIR. What is not in the table is not counted there.
fn traces(sent: &[Row], received: &[Row]) -> Vec<RowMajorMatrix<F>> {
    let mut table: Vec<[u32; 2]> = (0..1 << LOG_TABLE_HEIGHT).map(|value| [value, 0]).collect();
    for value in sent.iter().flatten() {
        if let Some([_, lookups]) = table.get_mut(*value as usize) {
            *lookups += 1;
        }
    }
    vec![trace(sent), trace(received), trace(&table)]
}

fn trace<const WIDTH: usize>(rows: &[[u32; WIDTH]]) -> RowMajorMatrix<F> {
    let values = rows.iter().flatten().map(|value| F::from_u32(*value)).collect();
    RowMajorMatrix::new(values, WIDTH)
}

#[cfg(test)]
mod tests {
    use openvm_stark_backend::calculate_n_logup;
    use openvm_stark_backend::soundness::SoundnessCalculator;
    use openvm_stark_sdk::config::{SECURITY_BITS_TARGET, base_field_order, challenge_field_bits};

    use super::*;

    const LOG_ROWS: usize = 3;

    fn proven(sent: &[Row], received: &[Row]) -> Result<(), ProofError> {
        proof::prove_and_verify(params(LOG_ROWS), &airs(), || traces(sent, received))
    }

    #[test]
    fn messages_that_all_arrive_are_proven() {
        let sent = sent_rows(LOG_ROWS);
        let received = shuffled(&sent);
        assert_ne!(sent, received);
        proven(&sent, &received).unwrap();
    }

    #[test]
    fn a_message_that_arrives_as_another_is_not_proven() {
        let sent = sent_rows(LOG_ROWS);
        let mut received = shuffled(&sent);
        received[0][0] = (received[0][0] + 1) % (1 << LOG_TABLE_HEIGHT);
        proven(&sent, &received).unwrap_err();
    }

    #[test]
    fn a_value_outside_the_table_is_not_proven() {
        let mut sent = sent_rows(LOG_ROWS);
        sent[0][0] = 1 << LOG_TABLE_HEIGHT;
        proven(&sent, &shuffled(&sent)).unwrap_err();
    }

    #[test]
    fn every_size_has_100_bits_of_security() {
        for log_rows in [1, 13, 20] {
            let params = params(log_rows);
            let interactions = (3 * VALUES as u64) << log_rows | 1 << LOG_TABLE_HEIGHT;
            let soundness = SoundnessCalculator::calculate(
                &params,
                base_field_order(),
                challenge_field_bits(),
                2,
                airs().len(),
                MAX_CONSTRAINT_DEGREE,
                log_rows.max(LOG_TABLE_HEIGHT),
                2 * VALUES + 2,
                params.w_stack,
                calculate_n_logup(params.l_skip, interactions),
            );
            assert!(
                soundness.total_bits >= SECURITY_BITS_TARGET as f64,
                "{log_rows}: {soundness:?}"
            );
        }
    }
}
