import type { Command } from 'commander'
import { resetOffsets } from '../ledger/reset-offsets.ts'
import { AskedWrongly, remark } from './output.ts'
import { withGateway } from './with-gateway.ts'

const TOPIC = 'claims.submitted.v1'

/** `gateway stream reset`: the one way in which a gateway starts on an empty topic. */
export function streamCommands(program: Command): void {
  program
    .command('stream')
    .description('the log between ingest and adjudication')
    .command('reset')
    .description(
      'start on an empty topic on purpose: partitions whose log ends below what the ledger expects start from their beginning',
    )
    .option('--confirm', 'really do it')
    .addHelpText('after', '\nExample:\n  gateway stream reset --confirm\n')
    .action(reset)
}

async function reset({ confirm }: { confirm?: boolean }): Promise<void> {
  await withGateway(async (composed) => {
    const stream = await composed.stream({ onTrouble: () => {}, onFatal: () => {} })
    const ends = await stream.ends(TOPIC)
    const ledger = await composed.ledger()
    const expected = await ledger.offsets(TOPIC, [...ends.keys()])
    const behind = [...ends].filter(([partition, end]) => (expected.get(partition) ?? 0) > end).map(([partition]) => partition)
    if (behind.length === 0) return remark('nothing to reset: the log holds what the ledger expects')
    for (const partition of behind)
      remark(`partition ${partition}: the ledger expects ${expected.get(partition)}, the log ends at ${ends.get(partition)}`)
    if (!confirm)
      throw new AskedWrongly('nothing was changed; add --confirm to start these partitions from the beginning of their log')
    await resetOffsets(await composed.pool(), TOPIC, behind)
    remark(`${behind.length} partitions start from the beginning of their log; restart the adjudication processes`)
  })
}
