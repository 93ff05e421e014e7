import type { GatewayClient } from './client.ts'
import { type FiledClaim, type Journal, standingOf } from './journal.ts'

export interface CheckOptions {
  /** Start of the run: only claims received since are walked. */
  readonly since: Date
  /** How long receipted claims may take to be decided, milliseconds. */
  readonly settleMs: number
  /** Requests side by side. */
  readonly concurrency: number
  /** Reads every claim by id too, also where the list settles it. */
  readonly readEach?: boolean
}
export interface CheckResult {
  /** Contents that were acknowledged, and what became of them. */
  readonly acknowledged: number
  readonly decided: number
  readonly held: number
  /** Acknowledged contents that cannot be found decided or held. */
  readonly lost: readonly string[]
  /** A claim or content that is there more often than it was filed. */
  readonly doubled: readonly string[]
  /** Refused with the promise that nothing was stored, yet stored. */
  readonly storedThoughRefused: readonly string[]
  /** Two answers, or an answer and the stored claim, that disagree. */
  readonly contradictions: readonly string[]
  /** Outcome unknown at the submitter's: how many turned out to be stored. */
  readonly unknown: number
  readonly unknownStored: number
  /** Claims of the run seen in the list. */
  readonly listed: number
  readonly tookMs: number
}
export const isSound = (result: CheckResult): boolean =>
  [result.lost, result.doubled, result.storedThoughRefused, result.contradictions].every(({ length }) => length === 0)

interface ListItem {
  readonly claimId: string
  readonly encounterId: string
  readonly version: number
  readonly status: string
  readonly decided?: { readonly T_BHTT?: string } | null
}
interface ListPage {
  readonly items: readonly ListItem[]
  readonly nextCursor: string | null
}
interface StoredAnswer {
  readonly version: number
  readonly currentVersion: number
  readonly status: string
  readonly contentSha256?: string
  readonly decision?: { readonly sha256: string; readonly decided?: { readonly T_BHTT?: string } }
}

/**
 * Finds every acknowledged content by the ids that the submitter was given: the list is walked once for all claims of the run, then
 * each claim that the list cannot settle alone (several contents, receipts never seen decided, unknown outcomes) is read by id.
 */
export async function checkRun(client: GatewayClient, journal: Journal, options: CheckOptions): Promise<CheckResult> {
  const startedAt = performance.now()
  const deadline = startedAt + options.settleMs
  const lost: string[] = []
  const doubled: string[] = []
  const storedThoughRefused: string[] = []
  const contradictions = [...journal.contradictions]
  const counts = { acknowledged: 0, decided: 0, held: 0, unknown: 0, unknownStored: 0 }
  await settleReceipted(client, journal, options, deadline)
  const listed = await walkList(client, journal, options.since, doubled)

  async function checkClaim(claim: FiledClaim): Promise<void> {
    const contents = [...claim.contents.values()]
    const of = (standing: string) => contents.filter((content) => standingOf(content) === standing)
    const acknowledged = of('acknowledged')
    const unknown = of('unknown').length
    counts.acknowledged += acknowledged.length
    counts.unknown += unknown
    const item = listed.get(claim.encounterId)
    if (!item) {
      for (const { contentSha256 } of acknowledged) lost.push(`${claim.encounterId} ${contentSha256}`)
      return
    }
    if (claim.claimId !== undefined && item.claimId !== claim.claimId)
      contradictions.push(`${claim.encounterId}: claimId ${claim.claimId} is listed as ${item.claimId}`)
    if (acknowledged.length === 0 && unknown === 0) storedThoughRefused.push(claim.encounterId)
    if (item.version > acknowledged.length + unknown && acknowledged.length + unknown > 0)
      doubled.push(`${claim.encounterId}: ${item.version} versions of ${acknowledged.length + unknown} contents`)
    const [only] = acknowledged
    const listedPays = item.decided?.T_BHTT
    if (contents.length === 1 && only?.fundPays !== undefined && listedPays !== undefined && listedPays !== only.fundPays)
      contradictions.push(`${claim.encounterId}: T_BHTT ${only.fundPays} is listed as ${listedPays}`)
    if (contents.length === 1 && only?.seenDecided && item.version === 1 && !options.readEach) {
      if (item.status === 'held') counts.held++
      else counts.decided++
      return
    }
    counts.unknownStored += Math.max(0, item.version - acknowledged.length)
    const versions = await readVersions(client, item.claimId, item.version)
    for (const content of acknowledged) {
      const found = versions.filter(({ contentSha256 }) => contentSha256 === content.contentSha256)
      if (found.length === 0) lost.push(`${claim.encounterId} ${content.contentSha256}`)
      if (found.length > 1) doubled.push(`${claim.encounterId} ${content.contentSha256}`)
      const [stored] = found
      if (!stored) continue
      if (stored.status === 'held') counts.held++
      else counts.decided++
      if (content.decisionSha256 && stored.decision && stored.decision.sha256 !== content.decisionSha256)
        contradictions.push(`${claim.encounterId}: the stored decision is not the one that was answered`)
      if (content.fundPays && stored.decision?.decided && stored.decision.decided.T_BHTT !== content.fundPays)
        contradictions.push(`${claim.encounterId}: the stored T_BHTT is not the one that was answered`)
    }
  }
  await forEach([...journal.claims.values()], options.concurrency, checkClaim)
  return {
    ...counts,
    lost,
    doubled,
    storedThoughRefused,
    contradictions,
    listed: listed.size,
    tookMs: performance.now() - startedAt,
  }
}

/** Waits until each content that was only receipted is decided or held, or the time is up. */
async function settleReceipted(client: GatewayClient, journal: Journal, options: CheckOptions, deadline: number): Promise<void> {
  const waiting = [...journal.claims.values()].flatMap(({ claimId, contents }) =>
    [...contents.values()].flatMap(({ acknowledged, seenDecided, contentSha256 }) =>
      acknowledged && !seenDecided && claimId && contentSha256 ? [{ claimId, contentSha256 }] : [],
    ),
  )
  // The latest are decided last: when they are, most others are.
  await forEach(waiting.reverse(), options.concurrency, async ({ claimId, contentSha256 }) => {
    while (performance.now() < deadline && !(await isSettled(client, claimId, contentSha256)))
      await new Promise((done) => setTimeout(done, 200))
  })
}

async function isSettled(client: GatewayClient, claimId: string, contentSha256: string): Promise<boolean> {
  for (let version: number | undefined; ; ) {
    const query = version === undefined ? '' : `?version=${version}`
    const reply = await client.send('GET', `/v1/claims/${claimId}${query}`).catch(() => undefined)
    if (reply?.status !== 200) return false
    const stored = JSON.parse(reply.body) as StoredAnswer
    if (stored.contentSha256 === contentSha256) return stored.status === 'decided' || stored.status === 'held'
    version = (version ?? stored.currentVersion + 1) - 1
    if (version < 1) return false
  }
}

/** Every claim of the run in the facility's list, by MA_LK. */
async function walkList(
  client: GatewayClient,
  journal: Journal,
  since: Date,
  doubled: string[],
): Promise<ReadonlyMap<string, ListItem>> {
  const found = new Map<string, ListItem>()
  const from = encodeURIComponent(since.toISOString())
  let cursor: string | null = null
  do {
    const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: ListPage = await readJson<ListPage>(client, `/v1/claims?limit=100&from=${from}${next}`)
    for (const item of page.items) {
      if (!journal.claims.has(item.encounterId)) continue
      if (found.has(item.encounterId)) doubled.push(`${item.encounterId}: twice in the list`)
      found.set(item.encounterId, item)
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  return found
}

function readVersions(client: GatewayClient, claimId: string, versions: number): Promise<StoredAnswer[]> {
  const numbers = Array.from({ length: versions }, (_, index) => index + 1)
  return Promise.all(numbers.map((version) => readJson<StoredAnswer>(client, `/v1/claims/${claimId}?version=${version}`)))
}

/** A read that is tried again for 30 s: the check must not take a busy gateway for a lost claim. */
async function readJson<T>(client: GatewayClient, path: string): Promise<T> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const reply = await client.send('GET', path).catch((cause: unknown) => ({ status: 0, body: String(cause) }))
    if (reply.status === 200) return JSON.parse(reply.body) as T
    if ((reply.status !== 0 && reply.status < 500 && reply.status !== 429) || performance.now() > deadline)
      throw new Error(`GET ${path} was answered ${reply.status}: ${reply.body.slice(0, 300)}`)
    await new Promise((done) => setTimeout(done, 250))
  }
}

async function forEach<T>(items: readonly T[], concurrency: number, handle: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < items.length) await handle(items[next++]!)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane))
}
