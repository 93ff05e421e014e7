import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Names of the files in `GATEWAY_KEYS_DIR`, each readable by its owner alone. */
export const KEY_FILES = {
  /** EC P-256 private key (PKCS #8, PEM): signs tokens. */
  tokenSigning: 'token-signing.pem',
  /** 32 random bytes, hex: seals receipts. */
  receipt: 'receipt.key',
  /** 32 random bytes, hex: hashes members, claim ids and secrets of clients. It must never change. */
  member: 'member.key',
} as const

export interface Keys {
  readonly tokenPrivate: KeyObject
  readonly tokenPublic: KeyObject
  readonly receipt: Buffer
  readonly member: Buffer
}

/** A key that is missing or not what it should be; the message names the file, never its content. */
export class KeysUnusable extends Error {
  override readonly name = 'KeysUnusable'
}

const SECRET_BYTES = 32

/**
 * Reads the keys of `dir`; with `create`, makes those that are missing (two processes that start together agree on one).
 * @throws KeysUnusable
 */
export function loadKeys(dir: string, { create }: { create: boolean }): Keys {
  if (create) mkdirSync(dir, { recursive: true, mode: 0o700 })
  const pem = readOrMake(dir, KEY_FILES.tokenSigning, create, () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  )
  const tokenPrivate = privateKey(pem)
  return {
    tokenPrivate,
    tokenPublic: createPublicKey(tokenPrivate),
    receipt: secret(dir, KEY_FILES.receipt, create),
    member: secret(dir, KEY_FILES.member, create),
  }
}

function privateKey(pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new KeysUnusable(`${KEY_FILES.tokenSigning} is not a private key in PEM`)
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new KeysUnusable(`${KEY_FILES.tokenSigning} is not an EC P-256 key`)
  }
  return key
}

function secret(dir: string, name: string, create: boolean): Buffer {
  const text = readOrMake(dir, name, create, () => `${randomBytes(SECRET_BYTES).toString('hex')}\n`).trim()
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new KeysUnusable(`${name} is not ${SECRET_BYTES} bytes in hex`)
  return Buffer.from(text, 'hex')
}

function readOrMake(dir: string, name: string, create: boolean, make: () => string): string {
  const path = join(dir, name)
  const found = read(path)
  if (found !== undefined) return found
  if (!create) throw new KeysUnusable(`${name} is missing in GATEWAY_KEYS_DIR`)
  // Written aside and linked: a reader never sees half a key, and of two makers one wins.
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(aside, make(), { mode: 0o600, flag: 'wx' })
  chmodSync(aside, 0o600)
  try {
    linkSync(aside, path)
  } catch (cause) {
    if (!isCode(cause, 'EEXIST')) throw cause
  } finally {
    rmSync(aside, { force: true })
  }
  return readFileSync(path, 'utf8')
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined
    throw cause
  }
}

const isCode = (cause: unknown, code: string) => cause instanceof Error && (cause as { code?: unknown }).code === code
