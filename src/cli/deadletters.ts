import type { Command } from 'commander'
import { redecideHeld } from '../adjudication/redecide-held.ts'
import type { StoredVersion } from '../ledger/ledger.ts'
import { openAdjudication } from '../main.ts'
import { Failed, printJson, printLine, remark, table } from './output.ts'
import { withGateway } from './with-gateway.ts'

const PAGE = 200

/** What a held claim shows: codes and hashes, nothing of its content. */
const shown = ({ claimId, version, facilityCode, heldReason, receivedAt, contentSha256, bodySha256 }: StoredVersion) => ({
  claimId,
  version,
  facilityCode,
  reason: heldReason,
  receivedAt,
  contentSha256,
  bodySha256,
})

/** `gateway deadletters …`: claims that could not be decided, and why. */
export function deadletterCommands(program: Command): void {
  const deadletters = program
    .command('deadletters')
    .description('held claims: what they are, why, and deciding them after a repair')
  deadletters
    .command('list')
    .description('held claims, oldest first')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  gateway deadletters list\n')
    .action(list)
  deadletters
    .command('show')
    .argument('<claim-id>')
    .description('the held versions of one claim')
    .addHelpText('after', '\nExample:\n  gateway deadletters show c_5m3…\n')
    .action(show)
  deadletters
    .command('retry')
    .argument('[claim-id]')
    .description('decide held claims again: one, or all')
    .addHelpText('after', '\nExamples:\n  gateway deadletters retry c_5m3…\n  gateway deadletters retry\n')
    .action(retry)
}

async function list({ json }: { json?: boolean }): Promise<void> {
  const held = await withGateway(async (composed) => (await composed.ledger()).heldVersions({ limit: PAGE }))
  const items = held.items.map(shown)
  if (json) return printJson(items)
  if (items.length === 0) return remark('no claim is held')
  printLine(
    table(
      ['claim', 'version', 'facility', 'reason', 'received'],
      items.map((item) => [item.claimId, String(item.version), item.facilityCode, item.reason ?? '', item.receivedAt]),
    ),
  )
  if (held.nextCursor !== null) remark(`the oldest ${PAGE} are shown`)
}

async function show(claimId: string): Promise<void> {
  const items = await withGateway(async (composed) => (await composed.ledger()).versionsForReplay({ claimId, limit: PAGE }))
  const held = items.items.filter(({ status }) => status === 'held')
  if (held.length === 0) throw new Failed(`claim ${claimId} has no held version`)
  printJson(held.map(shown))
}

async function retry(claimId: string | undefined): Promise<void> {
  const held = await withGateway(async (composed) => {
    const { ledger, gatherFacts, decider } = await openAdjudication(composed)
    const tally = { decided: 0, heldStill: 0 }
    let cursor: string | undefined
    do {
      const page = claimId
        ? await ledger.versionsForReplay({ claimId, limit: PAGE })
        : await ledger.heldVersions({ limit: PAGE, ...(cursor ? { cursor } : {}) })
      for (const { claimId: id, version } of page.items.filter(({ status }) => status === 'held')) {
        const versions = await ledger.versionsForReplay({ claimId: id, limit: PAGE })
        const stored = versions.items.find((one) => one.version === version)
        if (!stored) continue
        const outcome = await redecideHeld({ ledger, gatherFacts, decider, now: () => new Date().toISOString() }, stored)
        if (outcome.kind === 'decided') tally.decided++
        else tally.heldStill++
        remark(`${id} version ${version}: ${outcome.kind}${outcome.kind === 'held-still' ? ` (${outcome.reason})` : ''}`)
      }
      cursor = claimId ? undefined : (page.nextCursor ?? undefined)
    } while (cursor)
    return tally
  })
  if (claimId && held.decided + held.heldStill === 0) throw new Failed(`claim ${claimId} has no held version`)
  remark(`${held.decided} decided, ${held.heldStill} held still`)
  if (held.heldStill > 0) throw new Failed('some claims are held still')
}
