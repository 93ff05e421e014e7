import type { Command } from 'commander'
import { type OfflineDifference, RECONCILED_MAX, reconcileOffline } from '../check-in/offline-reconcile.ts'
import { createEligibility } from '../eligibility/create-eligibility.ts'
import { systemClock } from '../platform/clock.ts'
import { printJson, printLine, remark, table } from './output.ts'
import { sinceOf } from './since.ts'
import { withGateway } from './with-gateway.ts'

const DAY_MS = 86_400_000

/** `gateway check-ins …`: what kiosks kept while they had no connection. */
export function checkInCommands(program: Command): void {
  const checkIns = program.command('check-ins').description('what came from the queues of kiosks')
  checkIns
    .command('reconcile')
    .description('entries that differ: refused, a challenge used twice, two places at once, a card replaced or ended since')
    .option('--since <date>', 'came in since; a day ago without it')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  gateway check-ins reconcile\n  gateway check-ins reconcile --since 2026-09-07 --json\n')
    .action(reconcile)
}

async function reconcile(options: { since?: string; json?: boolean }): Promise<void> {
  const { since } = sinceOf(options.since)
  const sinceMs = since === undefined ? systemClock.now() - DAY_MS : Date.parse(since)
  const found = await withGateway(async (composed) => {
    const pool = await composed.pool()
    const [keyedHash, cache] = [composed.keyedHash(), composed.cache()]
    const eligibility = createEligibility({ pool, cache, clock: systemClock, keyedHash, log: composed.log })
    return reconcileOffline({ sql: pool, keyedHash, eligibility }, sinceMs)
  })
  if (options.json) return printJson(found)
  if (found.length > 0)
    printLine(table(['check-in', 'facility', 'kiosk', 'made', 'came in', 'what', 'confirmed'], found.map(rowOf)))
  remark(
    found.length === 0
      ? 'nothing differs'
      : `${found.length} differ${found.length === RECONCILED_MAX ? ', and there may be more' : ''}`,
  )
}

const rowOf = ({ checkInId, facilityCode, kioskId, madeAt, uploadedAt, what, refused, confirmed }: OfflineDifference) => [
  checkInId ?? '',
  facilityCode,
  kioskId ?? '',
  madeAt ?? '',
  uploadedAt,
  [...what, ...(refused === null ? [] : [`(${refused})`])].join(' '),
  confirmed ? 'yes' : '',
]
