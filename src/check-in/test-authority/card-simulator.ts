import { constants, createHash, privateEncrypt, randomBytes, sign } from 'node:crypto'
import { HASH_BYTES, type HashName } from '../asn1/signature.ts'
import type { ChipEvidence } from '../chip/verify-chip.ts'
import type { Citizen } from './citizens.ts'
import { makeDg1, makeDg13, makeDg14, makeDg15, makeSod } from './make-card.ts'
import type { Identity } from './make-certificate.ts'
import { type KeyForm, type KeyPair, makeKeyPair } from './make-keys.ts'

/** How a chip signs: plain ECDSA, or RSA by ISO/IEC 9796-2 scheme 1. Nothing here need be the document signer's. */
export type ChipForm =
  | { readonly kind: 'ecdsa'; readonly curve: string; readonly explicit?: boolean; readonly hash: HashName }
  | { readonly kind: 'iso9796'; readonly bits: number; readonly hash: HashName }

/** A card that can be laid on a simulated reader. Without `keys` it is a copy: it has every file and cannot sign. */
export interface Card {
  readonly citizen: Citizen
  readonly form: ChipForm
  readonly files: { readonly sod: Buffer; readonly groups: ReadonlyMap<number, Buffer> }
  readonly keys: KeyPair | undefined
}

export interface CardWish {
  readonly citizen: Citizen
  readonly signer: Identity
  readonly form: ChipForm
  /** Shared between cards of a large set, because making RSA keys is slow. */
  readonly keys?: KeyPair | undefined
  readonly withoutDg14?: boolean
  /** ISO instant; absent, the date of issue in DG13 stands for it. */
  readonly signedAt?: string | undefined
  /** Hash of the groups; the signer's when absent. */
  readonly hash?: HashName
  /** Issuing state in the machine-readable zone. */
  readonly state?: string
}

const keyForm = (form: ChipForm): KeyForm =>
  form.kind === 'ecdsa' ? form : { kind: 'rsa-pkcs1', bits: form.bits, hash: form.hash }

/** Personalises a card. */
export function issueCard(wish: CardWish): Card {
  const { citizen, signer, form } = wish
  const keys = wish.keys ?? makeKeyPair(keyForm(form))
  const groups = new Map([
    [1, makeDg1(citizen, wish.state)],
    [13, makeDg13(citizen)],
    ...(wish.withoutDg14 ? [] : [[14, makeDg14(form.hash)] as const]),
    [15, makeDg15(keys)],
  ])
  const sod = makeSod({ groups, signer, signedAt: wish.signedAt, ...(wish.hash && { hash: wish.hash }) })
  return { citizen, form, files: { sod, groups }, keys }
}

/** What a reader sends after laying this card on it: the files, and the answer to the nonce. */
export function readCard(card: Card, nonce: Uint8Array): ChipEvidence {
  return { sod: card.files.sod, groups: card.files.groups, activeAuthentication: answerOf(card, nonce) }
}

/** INTERNAL AUTHENTICATE. A copy cannot know the key; it answers with a key of its own. */
export function answerOf({ keys, form }: Card, nonce: Uint8Array): Buffer {
  const own = keys ?? makeKeyPair(keyForm(form))
  if (form.kind === 'ecdsa') return sign(form.hash, nonce, { key: own.privateKey, dsaEncoding: 'ieee-p1363' })
  return signIso9796(own, form, nonce)
}

const TRAILERS: Readonly<Record<HashName, readonly number[]>> = {
  sha1: [0xbc],
  sha224: [0x38, 0xcc],
  sha256: [0x34, 0xcc],
  sha384: [0x36, 0xcc],
  sha512: [0x35, 0xcc],
}

function signIso9796({ privateKey }: KeyPair, { bits, hash }: { bits: number; hash: HashName }, nonce: Uint8Array): Buffer {
  const trailer = Buffer.from(TRAILERS[hash])
  const random = randomBytes(bits / 8 - 1 - HASH_BYTES[hash] - trailer.length)
  const digest = createHash(hash).update(random).update(nonce).digest()
  const text = Buffer.concat([Buffer.from([0x6a]), random, digest, trailer])
  return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, text)
}

/** A copy: every file of the card, not its key. */
export const cloned = (card: Card): Card => ({ ...card, keys: undefined })

/** One bit of a group is turned; `at` counts from the start of the file. */
export function altered(card: Card, group: number, at: number): Card {
  const bytes = Buffer.from(card.files.groups.get(group)!)
  bytes[at % bytes.length]! ^= 0x01
  return withGroup(card, group, bytes)
}

/** A group of another card in this one. */
export const swapped = (card: Card, other: Card, group: number): Card => withGroup(card, group, other.files.groups.get(group)!)

function withGroup(card: Card, group: number, bytes: Buffer): Card {
  return { ...card, files: { sod: card.files.sod, groups: new Map([...card.files.groups, [group, bytes]]) } }
}
