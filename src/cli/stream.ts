import type { Command } from 'commander'
import { resetOffsets } from '../ledger/reset-offsets.ts'
import type { Topic } from '../stream/stream.ts'
import { AskedWrongly, remark } from './output.ts'
import { withGateway } from './with-gateway.ts'

/** Those whose positions the ledger keeps. */
const RESET_TOPICS: readonly Topic[] = ['claims.submitted.v1', 'check-ins.recorded.v1']

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
    const ledger = await composed.ledger()
    const behind: { readonly topic: Topic; readonly partitions: readonly number[] }[] = []
    for (const topic of RESET_TOPICS) {
      const ends = await stream.ends(topic)
      const expected = await ledger.offsets(topic, [...ends.keys()])
      const partitions = [...ends]
        .filter(([partition, end]) => (expected.get(partition) ?? 0) > end)
        .map(([partition]) => partition)
      for (const partition of partitions)
        remark(`${topic} ${partition}: the ledger expects ${expected.get(partition)}, the log ends at ${ends.get(partition)}`)
      if (partitions.length > 0) behind.push({ topic, partitions })
    }
    if (behind.length === 0) return remark('nothing to reset: the log holds what the ledger expects')
    if (!confirm)
      throw new AskedWrongly('nothing was changed; add --confirm to start these partitions from the beginning of their log')
    for (const { topic, partitions } of behind) await resetOffsets(await composed.pool(), topic, partitions)
    const count = behind.reduce((sum, { partitions }) => sum + partitions.length, 0)
    remark(`${count} partitions start from the beginning of their log; restart the adjudication processes`)
  })
}
