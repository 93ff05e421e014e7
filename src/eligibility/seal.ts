import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from 'node:crypto'
import type { KeyedHash } from '../platform/keyed-hash.ts'

const IV_BYTES = 12
const TAG_BYTES = 16

/** Keeps people's data at rest unreadable without the member secret. */
export interface Seal {
  /** `bind` names the place it is kept in: moved elsewhere it does not open. The same text in the same place seals to the same bytes. */
  seal(text: string, bind: string): Buffer
  /** `undefined` when it was sealed under another secret, moved or changed. */
  open(sealed: Buffer, bind: string): string | undefined
  /** The same of bytes. */
  sealBytes(bytes: Uint8Array, bind: string): Buffer
  openBytes(sealed: Buffer, bind: string): Buffer | undefined
}

/**
 * AES-256-GCM: `iv (12) | tag (16) | ciphertext`. The iv is a keyed hash of the text and its place, so one is never used for two texts
 * and equal records can be seen to be equal.
 */
export function createSeal(keyedHash: KeyedHash, purpose: string): Seal {
  // Key objects, made once: a key as bytes is made into one at each call, which costs more than the sealing.
  const key = createSecretKey(keyedHash.digest('seal', purpose), 'hex')
  const ivKey = createSecretKey(keyedHash.digest('seal-iv', purpose), 'hex')
  function sealBytes(bytes: Uint8Array, bind: string): Buffer {
    const iv = createHmac('sha256', ivKey).update(bind).update('\u0000').update(bytes).digest().subarray(0, IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bind))
    const body = Buffer.concat([cipher.update(bytes), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), body])
  }
  function openBytes(sealed: Buffer, bind: string): Buffer | undefined {
    if (sealed.length < IV_BYTES + TAG_BYTES) return undefined
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(bind))
    decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
    } catch {
      return undefined
    }
  }
  return {
    sealBytes,
    openBytes,
    seal: (text, bind) => sealBytes(Buffer.from(text), bind),
    open: (sealed, bind) => openBytes(sealed, bind)?.toString('utf8'),
  }
}
