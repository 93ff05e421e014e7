import type { Command } from 'commander'
import { engineHash } from '../adjudication/engine-hash.ts'
import { type ReplayDifference, type ReplayReport, replay } from '../adjudication/replay.ts'
import { createOpenRulebook } from '../adjudication/rulebook-store.ts'
import { AskedWrongly, Failed, printJson, printLine, remark } from './output.ts'
import { progress, sinceOf } from './since.ts'
import { withGateway } from './with-gateway.ts'

interface Options {
  readonly claim?: string
  readonly since?: string
  readonly json?: boolean
}

/** `gateway replay`: the same decision, to the byte, from what was kept. */
export function replayCommand(program: Command): void {
  program
    .command('replay')
    .description('decide stored claims again under their own rulebook and facts; exit 1 at the first byte that differs')
    .option('--claim <id>', 'every version of one claim')
    .option('--since <date>', 'what was received since a date (Vietnam) or an instant')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  gateway replay --claim c_5m3…\n  gateway replay --since 2026-03-01\n')
    .action(run)
}

async function run({ claim, since, json }: Options): Promise<void> {
  if (claim !== undefined && since !== undefined) throw new AskedWrongly('--claim or --since, not both')
  const query = { ...(claim === undefined ? {} : { claimId: claim }), ...sinceOf(since) }
  const said = progress('replayed')
  const report = await withGateway(async (composed) => {
    const ledger = await composed.ledger()
    const deps = { ledger, openRulebook: createOpenRulebook(ledger), engineSha256: await engineHash() }
    return replay(deps, query, said)
  })
  if (json) printJson(report)
  else printLine(describeReplay(report))
  for (const { sha256, release, commit, versions } of report.otherEngines)
    remark(
      `${versions} version(s) were decided by engine ${sha256.slice(0, 16)}…: replay them with ${release === 'unknown' ? 'the release that has it (it was not noted)' : `release ${release}${commit ? ` (commit ${commit.slice(0, 12)})` : ''}`}`,
    )
  if (report.difference) throw new Failed(describeDifference(report.difference))
  const seen = report.compared + report.held + report.otherEngines.length
  if (claim !== undefined && seen === 0) throw new Failed(`there is no claim ${claim}`)
}

function describeReplay({ compared, held, otherEngines, difference }: ReplayReport): string {
  const others = otherEngines.reduce((sum, { versions }) => sum + versions, 0)
  const same = difference ? compared - 1 : compared
  return `${same} of ${compared} decisions are the same to the byte; ${held} held, ${others} of other engines not compared`
}

const WHAT: Readonly<Record<ReplayDifference['what'], string>> = {
  decision: 'the stored decision is not what is decided again',
  decisionSha256: 'the stored hash is not that of the decision',
  outcome: 'the stored outcome is not that of the decision',
  facts: 'the stored facts do not have the hash that was stored with them',
  body: 'the stored claim cannot be decided again: its content is not what was filed',
  rulebook: 'its rulebook was not kept',
}

function describeDifference({ claimId, version, what, pointer, offset }: ReplayDifference): string {
  const place = pointer === null ? '' : `, first at ${pointer === '' ? 'the whole' : pointer} (byte ${offset})`
  return `claim ${claimId} version ${version}: ${WHAT[what]}${place}`
}
