import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type AuthorityWish, makeAuthority, makeMasterList, type TestAuthority } from './authority.ts'
import { altered, type Card, type ChipForm, cloned, issueCard, swapped } from './card-simulator.ts'
import { type Citizen, makeCitizens } from './citizens.ts'
import { type KeyForm, makeKeyPair } from './make-keys.ts'

/** One card on disk. `lie` names what is wrong with it; `privateKey` is what makes the chip the original. */
interface CardFile {
  readonly lie: string
  readonly citizen: Citizen
  readonly form: ChipForm
  readonly sod: string
  readonly groups: Readonly<Record<string, string>>
  readonly privateKey: string | null
}

export interface WrittenAuthority {
  readonly trustFolder: string
  readonly cards: readonly {
    readonly file: string
    readonly lie: string
    readonly fullName: string
    readonly personalId: string
  }[]
}

const CHIP_FORMS: readonly ChipForm[] = [
  { kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' },
  { kind: 'ecdsa', curve: 'brainpoolP384r1', explicit: true, hash: 'sha384' },
  { kind: 'iso9796', bits: 2048, hash: 'sha256' },
  { kind: 'ecdsa', curve: 'secp521r1', hash: 'sha512' },
  { kind: 'iso9796', bits: 1024, hash: 'sha1' },
]

export class AuthorityExists extends Error {
  override readonly name = 'AuthorityExists'
}

/**
 * Makes an authority and writes it: `trust/` to copy into a trust folder, `cards/` for the simulator (one file a card, with the chip's key), and
 * `token-keys/` with the private keys of the test issuers of tokens.
 * @throws AuthorityExists where one is already: two are not mixed
 */
export function writeAuthority(folder: string, wish: AuthorityWish & { seed: string; citizens: number }): WrittenAuthority {
  if (existsSync(join(folder, 'trust'))) throw new AuthorityExists(`${folder} holds an authority already: choose another folder`)
  const authority = makeAuthority(wish)
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content, { flag: 'wx', mode: 0o600 })
  }
  write('trust/roots/first.pem', pem('CERTIFICATE', authority.first.certificate))
  write('trust/roots/second-link.pem', pem('CERTIFICATE', authority.link.certificate))
  write(
    'trust/lists/master-list.ml',
    makeMasterList([authority.first.certificate, authority.second.certificate], authority.first),
  )
  write('trust/revocation/first.crl', authority.revocationList)
  write('trust/revocation/second.crl', authority.secondRevocationList)
  for (const issuer of ['vneid', 'vssid']) writeTokenIssuer(issuer, write)
  const cards = makeCards(authority, makeCitizens(wish.seed, wish.citizens))
  const written = cards.map(({ lie, card }, index) => {
    const file = `cards/${String(index).padStart(4, '0')}-${lie}.json`
    write(file, `${JSON.stringify(cardFile(lie, card), null, 1)}\n`)
    return { file: join(folder, file), lie, fullName: card.citizen.fullName, personalId: card.citizen.personalId }
  })
  return { trustFolder: join(folder, 'trust'), cards: written }
}

function pem(kind: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${kind}-----\n${lines.join('\n')}\n-----END ${kind}-----\n`
}

function writeTokenIssuer(name: string, write: (name: string, content: string) => void): void {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: `${name}-test-1`, alg: 'ES256', use: 'sig' }
  write(`trust/tokens/${name}.jwks.json`, `${JSON.stringify({ issuer: `test-${name}`, keys: [key] }, null, 1)}\n`)
  write(`token-keys/${name}.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
}

/** A genuine card of each citizen, and of the first ones also a card that lies in each single way. */
export function makeCards(authority: TestAuthority, citizens: readonly Citizen[]): { lie: string; card: Card }[] {
  const signers = Object.values(authority.signers)
  // RSA keys are slow to make, so cards of one form share theirs; elliptic keys are each card's own.
  const shared = new Map(CHIP_FORMS.filter(({ kind }) => kind === 'iso9796').map((form) => [form, makeKeyPair(rsaForm(form))]))
  const genuine = citizens.map((citizen, index) => {
    const form = CHIP_FORMS[index % CHIP_FORMS.length]!
    const signer = signers[index % signers.length]!
    return issueCard({ citizen, signer, form, keys: shared.get(form), withoutDg14: index % 4 === 3 })
  })
  return [...genuine.map((card) => ({ lie: 'genuine', card })), ...liesOf(authority, genuine)]
}

const rsaForm = (form: ChipForm): KeyForm => ({
  kind: 'rsa-pkcs1',
  bits: form.kind === 'iso9796' ? form.bits : 2048,
  hash: form.hash,
})

/** Cards that lie in one way each (security.md of the project's references: "cards that lie in each single way"). */
function liesOf(authority: TestAuthority, [first, second]: readonly Card[]): { lie: string; card: Card }[] {
  if (first === undefined || second === undefined) return []
  const { citizen, form } = first
  const [signer] = Object.values(authority.signers)
  const expired: Citizen = { ...citizen, issuedOn: '2023-02-01', expiresOn: '2024-12-28' }
  return [
    { lie: 'cloned', card: cloned(first) },
    { lie: 'altered', card: altered(first, 13, 40) },
    { lie: 'swapped', card: swapped(first, second, 13) },
    { lie: 'swapped-key', card: { ...swapped(first, second, 15), form: second.form, keys: second.keys } },
    { lie: 'expired-card', card: issueCard({ citizen: expired, signer: signer!, form }) },
    { lie: 'expired-signer', card: issueCard({ citizen, signer: authority.expiredSigner, form }) },
    { lie: 'revoked-signer', card: issueCard({ citizen, signer: authority.revokedSigner, form }) },
    { lie: 'foreign-signer', card: issueCard({ citizen, signer: authority.foreign.signer, form }) },
    { lie: 'other-state', card: issueCard({ citizen, signer: signer!, form, state: 'UTO' }) },
  ]
}

function cardFile(lie: string, { citizen, form, files, keys }: Card): CardFile {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return {
    lie,
    citizen,
    form,
    sod: base64(files.sod),
    groups: Object.fromEntries([...files.groups].map(([number, bytes]) => [String(number), base64(bytes)])),
    privateKey: keys?.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() ?? null,
  }
}

/** Reads a card that `writeAuthority` wrote, ready to be laid on the simulated reader. */
export function loadCard(file: string): Card {
  const { citizen, form, sod, groups, privateKey } = JSON.parse(readFileSync(file, 'utf8')) as CardFile
  const bytes = (text: string) => Buffer.from(text, 'base64')
  return {
    citizen,
    form,
    files: { sod: bytes(sod), groups: new Map(Object.entries(groups).map(([number, text]) => [Number(number), bytes(text)])) },
    keys: privateKey === null ? undefined : loadKeys(privateKey, form),
  }
}

function loadKeys(text: string, form: ChipForm) {
  const privateKey = createPrivateKey(text)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { form: form.kind === 'ecdsa' ? form : rsaForm(form), privateKey, spki }
}
