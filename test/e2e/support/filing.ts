import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGatewayClient, type GatewayClient, type HttpAnswer } from '../../../src/cli/client.ts'
import type { ShownAnswer, ShownDecision } from '../../../src/cli/print-decision.ts'
import { createGateway, type GatewayProcess } from './gateway.ts'
import { gatewayCommand } from './store.ts'

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures')
const SAMPLES = ['01-outpatient-80pct', '03-inpatient-offroute-32pct']
const read = (name: string) => readFileSync(join(fixtures, 'samples', name))

interface Answer extends ShownAnswer {
  readonly contentSha256: string
  readonly receivedAt: string
  readonly decision: ShownDecision
}
const answerOf = ({ status, body }: HttpAnswer): Answer => {
  expect(status, JSON.stringify(body)).toBe(200)
  return body as Answer
}

export interface Deployment {
  readonly env: Readonly<Record<string, string>>
  /** One process with both roles, or one of each. */
  readonly roles: readonly ('all' | 'ingest' | 'adjudication')[]
  stop(): Promise<void>
}

/** The main job as a hospital sees it, the same on every deployment. */
export function filingSuite(name: string, deploy: (folder: string) => Promise<Deployment>): void {
  describe(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'bhyt-filing-'))
    // Passable, so that a Postgres that runs as another user keeps its data in it.
    chmodSync(folder, 0o711)
    let deployment: Deployment
    let gateways: GatewayProcess[] = []
    let hospital: GatewayClient
    let other: GatewayClient

    async function clientOf(facility: string): Promise<GatewayClient> {
      const made = JSON.parse(await gatewayCommand(deployment.env, 'clients', 'add', '--facility', facility, '--json')) as {
        client_id: string
        client_secret: string
      }
      return createGatewayClient(gateways[0]!.url, { clientId: made.client_id, clientSecret: made.client_secret })
    }
    beforeAll(async () => {
      deployment = await deploy(folder)
      gateways = await Promise.all(deployment.roles.map((role) => createGateway(role, deployment.env)))
      for (const gateway of gateways) gateway.start()
      for (const gateway of gateways) await gateway.ready(90_000)
      for (const kind of ['facilities', 'members'])
        await gatewayCommand(deployment.env, 'registry', 'import', kind, join(fixtures, 'register', `${kind}.ndjson`))
      hospital = await clientOf('01999')
      other = await clientOf('01888')
    }, 180_000)
    afterAll(async () => {
      // Drained, not killed: an embedded Postgres would be left behind, as it should be.
      for (const gateway of gateways) await gateway.drain()
      await deployment?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    test.each(SAMPLES)(
      '%s comes back with every expected total, the same as XML and as JSON, and replayed when filed again',
      async (sample) => {
        const { totals, lines } = JSON.parse(read(`${sample}.expected.json`).toString()) as {
          totals: Record<string, string>
          lines: number
        }
        const xml = answerOf(await hospital.post('/v1/claims', 'application/xml', read(`${sample}.xml`)))
        const json = answerOf(await hospital.post('/v1/claims', 'application/json', read(`${sample}.json`)))
        const again = answerOf(await hospital.post('/v1/claims', 'application/xml', read(`${sample}.xml`)))
        const canonical = Object.fromEntries(Object.entries(totals).map(([field, amount]) => [field, Number(amount).toFixed(2)]))
        expect(xml.decision.decided).toEqual(canonical)
        expect(xml.decision.outcome).toBe('accept')
        expect((xml.decision as ShownDecision & { lines: unknown[] }).lines).toHaveLength(lines)
        expect([json.claimId, json.decision.sha256, json.replayed]).toEqual([xml.claimId, xml.decision.sha256, true])
        expect([again.claimId, again.decision.sha256, again.replayed]).toEqual([xml.claimId, xml.decision.sha256, true])
        expect(xml.replayed).toBe(false)
      },
    )

    /** Sample 01 as another encounter, with a note that makes other content. */
    function variant(encounterId: string, note = ''): Buffer {
      const wire = JSON.parse(read('01-outpatient-80pct.json').toString().replaceAll('TN-0001', encounterId)) as {
        XML1: Record<string, string>
      }
      if (note) wire.XML1['GHI_CHU'] = note
      return Buffer.from(JSON.stringify(wire))
    }
    const file = (body: Buffer, headers: Record<string, string> = {}) =>
      hospital.post('/v1/claims', 'application/json', body, headers)

    test('a thousand identical claims filed at once are decided once', async () => {
      const body = variant('TN-STORM')
      const answers = await Promise.all(Array.from({ length: 1000 }, () => file(body)))
      const decided = answers.map(answerOf)
      expect(new Set(decided.map(({ decision, claimId, version }) => `${claimId} ${version} ${decision.sha256}`)).size).toBe(1)
      expect(decided.filter(({ replayed }) => !replayed)).toHaveLength(1)
    }, 60_000)

    test('another body under the same MA_LK is version 2, and the chain stays readable', async () => {
      const first = answerOf(await file(variant('TN-CHAIN')))
      const second = answerOf(await file(variant('TN-CHAIN', 'đã sửa')))
      expect([second.claimId, second.version, second.current]).toEqual([first.claimId, 2, true])
      const old = answerOf(await hospital.get(`/v1/claims/${first.claimId}?version=1`))
      expect([old.current, old.currentVersion, old.decision.sha256]).toEqual([false, 2, first.decision.sha256])
      const again = answerOf(await file(variant('TN-CHAIN')))
      expect([again.version, again.replayed, again.current, again.currentVersion]).toEqual([1, true, false, 2])
      expect(answerOf(await hospital.get(`/v1/claims/${first.claimId}`)).version).toBe(2)
    })

    test('a void makes a version that pays nothing, once', async () => {
      const claim = answerOf(await file(variant('TN-VOID')))
      const body = Buffer.from(JSON.stringify({ reason: 'nhập nhầm người bệnh' }))
      const voided = answerOf(await hospital.post(`/v1/claims/${claim.claimId}/void`, 'application/json', body))
      expect([voided.version, voided.decision.outcome, voided.decision.decided['T_BHTT']]).toEqual([2, 'deny', '0.00'])
      expect(voided.decision.findings.map(({ rule }) => rule)).toEqual(['VOID-01'])
      expect(answerOf(await hospital.get(`/v1/claims/${claim.claimId}`)).version).toBe(2)
    })

    test('who does not wait gets a receipt whose address answers until it is decided', async () => {
      const receipted = await file(variant('TN-ASYNC'), { prefer: 'respond-async' })
      expect(receipted.status).toBe(202)
      expect(receipted.headers.get('preference-applied')).toBe('respond-async')
      const location = receipted.headers.get('location')!
      for (let attempt = 0; ; attempt++) {
        const { status, body } = await hospital.get(location)
        expect([200, 202]).toContain(status)
        if ((body as ShownAnswer).status === 'decided') break
        expect((body as ShownAnswer).status).toBe('received')
        expect(attempt).toBeLessThan(50)
        await new Promise((done) => setTimeout(done, 100))
      }
    })

    test('a dry run says what filing then decides, and stores nothing', async () => {
      const body = variant('TN-DRY')
      const dry = await hospital.post('/v1/claims/dry-run', 'application/json', body)
      expect(dry.status).toBe(200)
      const { dryRun, decision } = dry.body as { dryRun: boolean; decision: ShownDecision }
      expect(dryRun).toBe(true)
      const listed = (await hospital.get('/v1/claims?limit=100')).body as { items: { encounterId: string }[] }
      expect(listed.items.map(({ encounterId }) => encounterId)).not.toContain('TN-DRY')
      expect(answerOf(await file(body)).decision).toEqual(decision)
    })

    test('the list walks every claim of the facility once, newest first', async () => {
      const seen: { claimId: string; receivedAt: string }[] = []
      for (let path: string | undefined = '/v1/claims?limit=2'; path; ) {
        const { items, nextCursor } = (await hospital.get(path)).body as { items: typeof seen; nextCursor: string | null }
        seen.push(...items)
        path = nextCursor === null ? undefined : `/v1/claims?limit=2&cursor=${encodeURIComponent(nextCursor)}`
      }
      expect(new Set(seen.map(({ claimId }) => claimId)).size).toBe(seen.length)
      expect(seen.length).toBeGreaterThanOrEqual(6)
      expect(seen.map(({ receivedAt }) => receivedAt)).toEqual(
        seen
          .map(({ receivedAt }) => receivedAt)
          .sort()
          .reverse(),
      )
    })

    test('a claim of another facility does not exist', async () => {
      const claim = answerOf(await file(variant('TN-MINE')))
      const theirs = await other.get(`/v1/claims/${claim.claimId}`)
      const nothing = await other.get('/v1/claims/c_00000000000000000000000000')
      expect(theirs.status).toBe(404)
      const withoutRequest = ({ instance: _instance, ...body }: Record<string, unknown>) => body
      expect(withoutRequest(theirs.body as Record<string, unknown>)).toEqual(
        withoutRequest(nothing.body as Record<string, unknown>),
      )
    })

    test('an envelope with several HOSO answers each for itself', async () => {
      const hoso = (sample: string) => /<HOSO>[\s\S]*<\/HOSO>/.exec(read(`${sample}.xml`).toString())![0]
      const [first, last] = SAMPLES.map(hoso)
      const envelope = read(`${SAMPLES[0]}.xml`)
        .toString()
        .replace(first!, `${first}${last}`)
        .replace(/<SOLUONGHOSO>1</, '<SOLUONGHOSO>2<')
      const { status, body } = await hospital.post('/v1/claims', 'application/xml', Buffer.from(envelope))
      expect(status).toBe(207)
      const { results } = body as { results: (Answer & { status: unknown })[] }
      expect(results.map((result) => [result.status, result.replayed, result.decision.outcome])).toEqual([
        [200, true, 'accept'],
        [200, true, 'accept'],
      ])
    })

    test('a file that breaks the schema is refused with every fault and leaves nothing', async () => {
      const wire = JSON.parse(variant('TN-FAULTS').toString()) as { XML1: Record<string, string> }
      wire.XML1['NGAY_RA'] = '2026-03-10'
      wire.XML1['GIOI_TINH'] = 'nam'
      wire.XML1['KHONG_CO'] = '1'
      const { status, body } = await file(Buffer.from(JSON.stringify(wire)))
      expect(status).toBe(422)
      const { errors } = body as { errors: { pointer: string }[] }
      expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/XML1/GIOI_TINH', '/XML1/KHONG_CO', '/XML1/NGAY_RA'])
    })

    test('what the command line files it shows', async () => {
      const secret = join(folder, 'secret')
      const made = JSON.parse(await gatewayCommand(deployment.env, 'clients', 'add', '--facility', '01999', '--json')) as Record<
        string,
        string
      >
      writeFileSync(secret, made['client_secret']!)
      const env = { ...deployment.env, BHYT_CLIENT_ID: made['client_id']!, BHYT_CLIENT_SECRET_FILE: secret }
      await new Promise((done) => setTimeout(done, 2500))
      const printed = await gatewayCommand(
        env,
        'claims',
        'submit',
        join(fixtures, 'samples', '01-outpatient-80pct.xml'),
        '--url',
        gateways[0]!.url,
      )
      expect(printed).toContain('553342.71')
      const listed = await gatewayCommand(env, 'deadletters', 'list')
      expect(listed).toBe('')
      expect(await gatewayCommand(env, 'doctor')).not.toContain('✖')
    }, 60_000)
  })
}
