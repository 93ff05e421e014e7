import { parseArgs } from 'node:util'
import { createRedisCache } from '../../src/cache/redis.ts'
import { createEligibility } from '../../src/eligibility/create-eligibility.ts'
import type { MemberQuery } from '../../src/eligibility/eligibility.ts'
import { importRegister } from '../../src/eligibility/import.ts'
import { preloadMembers } from '../../src/eligibility/preload.ts'
import { migrate } from '../../src/ledger/migrate.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { createPool } from '../../src/platform/postgres.ts'
import { startTestPostgres } from '../provision/postgres.ts'
import { startRedis } from '../provision/redis.ts'

/**
 * What the register costs in the cache: bytes a member packed and as single copies, the time of a preload, the time of a look-up from the packs.
 * `node scripts/bench/eligibility.ts [--members 1000000] [--look-ups 20000]`. Redis and Postgres of its own; everybody is synthetic.
 */
const { values: options } = parseArgs({
  options: { members: { type: 'string', default: '1000000' }, 'look-ups': { type: 'string', default: '20000' } },
})
const members = Number(options.members)
const lookUps = Number(options['look-ups'])
/** Members asked for one by one, to weigh copies under their own keys. */
const SINGLES = Math.min(members, 10_000)
const EVERYBODY = 100_000_000
const HOUR_MS = 3_600_000

const families = [
  'NGUYỄN',
  'TRẦN',
  'LÊ',
  'PHẠM',
  'HOÀNG',
  'HUỲNH',
  'PHAN',
  'VŨ',
  'VÕ',
  'ĐẶNG',
  'BÙI',
  'ĐỖ',
  'HỒ',
  'NGÔ',
  'DƯƠNG',
  'LÝ',
]
const middles = [
  'VĂN',
  'THỊ',
  'HỮU',
  'ĐỨC',
  'NGỌC',
  'MINH',
  'QUỐC',
  'THANH',
  'XUÂN',
  'THU',
  'KIM',
  'GIA BẢO',
  'ANH',
  'HOÀNG',
  'PHƯƠNG',
]
const givens = [
  'AN',
  'BÌNH',
  'CHI',
  'DŨNG',
  'GIANG',
  'HÀ',
  'HẢI',
  'HẠNH',
  'HIẾU',
  'HOA',
  'HÙNG',
  'KHÁNH',
  'LAN',
  'LINH',
  'LONG',
  'MAI',
  'NAM',
]
const groups = ['DN4', 'GD4', 'HS4', 'HT3', 'TE1', 'HN2', 'BT2', 'XK4', 'TC3', 'DK2']

/** A number without order from a number in order, always the same. */
function mixed(seed: number, salt: number, below: number): number {
  let hash = Math.imul(seed ^ Math.imul(salt, 0x9e3779b9), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % below
}
const digits = (value: number, width: number) => String(value).padStart(width, '0')
const day = (seed: number, salt: number, fromYear: number, years: number) =>
  `${fromYear + mixed(seed, salt, years)}-${digits(1 + mixed(seed, salt + 1, 12), 2)}-${digits(1 + mixed(seed, salt + 2, 28), 2)}`

function memberOf(number: number) {
  const pick = (of: readonly string[], salt: number) => of[mixed(number, salt, of.length)]!
  const birthDate = day(number, 1, 1940, 84)
  // Spread over all numbers, so that neighbours have little in common.
  const insurance = digits((number * 7_919 + mixed(number, 9, 1_000)) % 10_000_000_000, 10)
  const place = digits(1 + mixed(number, 4, 96), 3)
  const facility = `${digits(1 + mixed(number, 6, 96), 2)}${digits(mixed(number, 7, 300), 3)}`
  const first = day(number, 20, 2026, 1)
  return {
    personalId: `${place}${mixed(number, 5, 4)}${birthDate.slice(3, 4)}${digits(number % 10_000_000, 7)}`,
    socialInsuranceNumber: insurance,
    fullName: `${pick(families, 10)} ${pick(middles, 11)} ${pick(givens, 12)}`,
    birthDate,
    sex: mixed(number, 13, 2) === 0 ? 'male' : 'female',
    deceasedOn: null,
    version: 1 + mixed(number, 14, 9),
    coverages: [
      {
        cardNumber: `${pick(groups, 15)}${facility.slice(0, 2)}${insurance}`,
        ...{ validFrom: first, validTo: `${Number(first.slice(0, 4)) + 1}${first.slice(4)}`, registeredFacility: facility },
        ...{ fiveYearsFrom: day(number, 30, 2018, 12), area: null, status: 'active' },
      },
    ],
    copayCounted:
      mixed(number, 16, 4) === 0 ? [{ year: 2026, amount: `${mixed(number, 17, 5_000_000)}.00`, asOf: '2026-03-01' }] : [],
  }
}
async function* registerFile(): AsyncGenerator<string> {
  yield '{"asOf":"2026-03-01"}\n'
  for (let from = 0; from < members; from += 500) {
    const count = Math.min(500, members - from)
    yield `${Array.from({ length: count }, (_, index) => JSON.stringify(memberOf(from + index))).join('\n')}\n`
  }
}
const queryOf = (number: number): MemberQuery => {
  const { personalId, coverages } = memberOf(number)
  const byCard = number % 3 === 0
  return {
    personalId: byCard ? undefined : personalId,
    socialInsuranceNumbers: [],
    cardNumbers: byCard ? coverages.map(({ cardNumber }) => cardNumber) : [],
  }
}
const say = (line: string) => void process.stdout.write(`${line}\n`)
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

async function measure(): Promise<void> {
  const [postgres, redis] = [await startTestPostgres(() => {}), await startRedis()]
  const pool = createPool({ url: postgres.url, max: 4, applicationName: 'bench', timeouts: { statementMs: 600_000 } })
  const cache = createRedisCache({ url: redis.url, commandMsMax: 1_000 })
  try {
    await migrate(pool)
    const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
    const deps = { pool, cache, keyedHash, clock: systemClock }
    const usedBytes = async () => Number(/used_memory:(\d+)/.exec(await redis.command('INFO', 'memory'))?.[1])
    const importedAt = performance.now()
    const report = await importRegister('members', registerFile(), deps)
    if (!report.committed) throw new Error(`the register was not imported: ${JSON.stringify(report.faults[0])}`)
    say(`register: ${report.applied} members imported in ${seconds(performance.now() - importedAt)}`)

    const empty = await usedBytes()
    const { packs, ms } = await preloadMembers({ ...deps, keepMs: HOUR_MS })
    const packedBytes = ((await usedBytes()) - empty) / members
    say(`preload: ${packs} packs in ${seconds(ms)}, ${Math.round((members * 1_000) / ms)} members/s`)
    say(
      `memory: ${packedBytes.toFixed(1)} bytes a member; ${EVERYBODY / 1e6} million: ${((packedBytes * EVERYBODY) / 1e9).toFixed(1)} GB`,
    )
    say(`time for ${EVERYBODY / 1e6} million by one process: ${((ms / members) * (EVERYBODY / 3_600_000)).toFixed(1)} h`)

    // Whoever is not covered today would be asked for again after half a minute.
    const bounds = { freshMs: HOUR_MS, noneFreshMs: HOUR_MS }
    await lookUp(createEligibility({ ...deps, log: silentLogger, isCacheShared: true, bounds }))

    await cache.invalidate('member-pack:')
    const single = createEligibility({ ...deps, log: silentLogger })
    const before = await usedBytes()
    for (let from = 0; from < SINGLES; from += 500) {
      const some = { length: Math.min(500, SINGLES - from) }
      await single.findMembers(Array.from(some, (_, index) => queryOf(from + index)))
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
    say(`a copy under one key: ${(((await usedBytes()) - before) / SINGLES).toFixed(0)} bytes`)
  } finally {
    await cache.close()
    await pool.close()
    await Promise.all([redis.stop(), postgres.stop()])
  }
}

/** One after the other, as a desk asks: what one look-up takes when only the packs know. */
async function lookUp(eligibility: ReturnType<typeof createEligibility>): Promise<void> {
  const times: number[] = []
  for (let count = 0; count < lookUps; count++) {
    const query = queryOf(mixed(count, 77, members))
    const startedAt = performance.now()
    const [found] = await eligibility.findMembersSoon([query], 1_000)
    times.push(performance.now() - startedAt)
    if (found?.source !== 'cache') throw new Error(`a member was answered from ${found?.source}`)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => `${times[Math.floor(share * (times.length - 1))]!.toFixed(2)} ms`
  say(`look-up from the packs, ${lookUps} one by one: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}`)
}

// The programs' handles alone do not keep this process.
const awake = setInterval(() => {}, 1_000)
await measure()
clearInterval(awake)
