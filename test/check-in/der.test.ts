import { constants, generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CURVES } from '../../src/check-in/asn1/curves.ts'
import { DerFault, integerHexOf, oidOf, readDer, TAG, writeDer, writeOid } from '../../src/check-in/asn1/der.ts'
import { readPublicKey } from '../../src/check-in/asn1/public-key.ts'
import { isSignatureOf, readSignatureForm } from '../../src/check-in/asn1/signature.ts'
import { timeOf } from '../../src/check-in/asn1/time.ts'

const from = (text: string) => Buffer.from(text.replace(/ /g, ''), 'hex')
const faultOf = (text: string, loose = false) => {
  try {
    readDer(from(text), { loose })
    return 'none'
  } catch (cause) {
    return (cause as DerFault).code
  }
}

describe('DER is read strictly', () => {
  test.each([
    ['30 00', 'none'],
    ['30 03 02 01 00', 'none'],
    ['30 03 02 01 00 00', 'trailing'],
    ['30 80 02 01 00 00 00', 'indefinite'],
    ['30 81 03 02 01 00', 'length'],
    ['30 82 00 03 02 01 00', 'length'],
    ['30 04 02 01 00', 'truncated'],
    ['30 02 02 05', 'truncated'],
    ['30', 'truncated'],
    ['', 'truncated'],
    ['30 85 01 00 00 00 00', 'bounds'],
    ['30 84 ff ff ff ff', 'truncated'],
    ['02 00', 'value'],
    ['02 02 00 7f', 'value'],
    ['02 02 ff 80', 'value'],
    ['02 02 00 80', 'none'],
    ['01 01 01', 'value'],
    ['01 01 ff', 'none'],
    ['05 01 00', 'value'],
    ['06 00', 'value'],
    ['06 02 2a 80', 'value'],
    ['06 03 2a 80 01', 'value'],
    ['03 00', 'value'],
    ['03 02 08 00', 'value'],
    ['03 02 01 01', 'value'],
    ['03 02 01 02', 'none'],
    ['10 00', 'value'],
    ['24 04 04 02 01 02', 'value'],
    ['1f 01 00', 'value'],
    ['5f 1f 00', 'none'],
  ])('%s: %s', (text, fault) => {
    expect(faultOf(text)).toBe(fault)
  })

  test('loosely, long lengths and odd values pass; indefinite ones and trailing bytes never do', () => {
    expect(['30 81 03 02 01 00', '01 01 01', '30 80 00 00', '30 00 00'].map((text) => faultOf(text, true))).toEqual([
      'none',
      'none',
      'indefinite',
      'trailing',
    ])
  })

  test('noise never throws anything but a fault of DER', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, loose) => {
        try {
          expect(readDer(bytes, { loose }).bytes.length).toBe(bytes.length)
        } catch (cause) {
          expect(cause).toBeInstanceOf(DerFault)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('what is written is read back', () => {
    const tags = fc.constantFrom(0x04, 0x0c, 0x80, 0x5f1f)
    fc.assert(
      fc.property(tags, fc.uint8Array({ maxLength: 70_000, size: 'max' }), (tag, content) => {
        const element = readDer(writeDer(TAG.sequence, writeDer(tag, content))).children[0]
        expect([element?.tag, Buffer.from(element!.content).equals(content)]).toEqual([tag, true])
      }),
      { numRuns: 30 },
    )
  })

  test('object identifiers are read back as written', () => {
    for (const oid of [
      '1.2.840.113549.1.1.10',
      '2.23.136.1.1.1',
      '0.4.0.127.0.7.1.1.4.1.3',
      '2.16.840.1.101.3.4.2.1',
      '1.3.14.3.2.26',
    ]) {
      expect(oidOf(readDer(writeOid(oid)))).toBe(oid)
    }
  })

  test('integers of any length are read as positive numbers', () => {
    expect(integerHexOf(readDer(from('02 02 00 80')))).toBe('80')
    expect(integerHexOf(readDer(from('02 01 00')))).toBe('00')
  })
})

describe('times', () => {
  const utc = (text: string) => timeOf(readDer(writeDer(0x17, Buffer.from(text))))
  test('are read in the one form that DER allows', () => {
    expect(utc('490101000000Z')).toBe(Date.UTC(2049, 0, 1))
    expect(utc('500101000000Z')).toBe(Date.UTC(1950, 0, 1))
    expect(timeOf(readDer(writeDer(0x18, Buffer.from('20500229235959Z'.replace('0229', '0228')))))).toBe(
      Date.UTC(2050, 1, 28, 23, 59, 59),
    )
  })
  test.each(['4901010000Z', '490101000000+0700', '491301000000Z', '490230000000Z', '490101250000Z', '490101006000Z', 'now'])(
    '%s is none',
    (text) => {
      expect(() => utc(text)).toThrow(DerFault)
    },
  )
})

describe('elliptic curves spelt out in numbers', () => {
  const spkiOf = (namedCurve: string, paramEncoding: 'explicit' | 'named') =>
    generateKeyPairSync('ec', { namedCurve, paramEncoding }).publicKey.export({ type: 'spki', format: 'der' })

  test.each(CURVES.map(({ name }) => name))('%s is recognised and named', (name) => {
    const spki = spkiOf(name, 'explicit')
    const key = readPublicKey(readDer(spki))
    expect(key).toMatchObject({ kind: 'ec', curve: { name } })
    expect(spki.length).toBeGreaterThan(key!.key.export({ type: 'spki', format: 'der' }).length + 100)
  })

  test('every number counts: with another base point, order or coefficient it is no known curve', () => {
    const spki = spkiOf('brainpoolP512r1', 'explicit')
    const { gx, n, b } = CURVES.find(({ name }) => name === 'brainpoolP512r1')!
    for (const number of [gx, n, b]) {
      const at = spki.indexOf(Buffer.from(number, 'hex'))
      const changed = Buffer.from(spki)
      changed[at + 20]! ^= 1
      expect(at).toBeGreaterThan(0)
      expect(readPublicKey(readDer(changed))).toBeUndefined()
    }
  })

  test('a point that is not on the curve is no key', () => {
    const spki = spkiOf('prime256v1', 'explicit')
    spki[spki.length - 1]! ^= 1
    expect(() => readPublicKey(readDer(spki))).toThrow(DerFault)
  })

  test('a curve that is not in the table is not known', () => {
    expect(readPublicKey(readDer(spkiOf('secp256k1', 'named')))).toBeUndefined()
    expect(readPublicKey(readDer(spkiOf('secp256k1', 'explicit')))).toBeUndefined()
    const ed = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })
    expect(readPublicKey(readDer(ed))).toBeUndefined()
  })
})

describe('RSA-PSS', () => {
  const message = Buffer.from('signed')
  const sha = (oid: string) => writeDer(TAG.sequence, writeOid(oid))
  const [SHA1, SHA256] = [sha('1.3.14.3.2.26'), sha('2.16.840.1.101.3.4.2.1')]
  const mgf1 = (hash: Buffer) => writeDer(TAG.sequence, writeOid('1.2.840.113549.1.1.8'), hash)
  const pss = (...fields: Buffer[]) =>
    writeDer(TAG.sequence, writeOid('1.2.840.113549.1.1.10'), writeDer(TAG.sequence, ...fields))
  const salt = (bytes: number) => writeDer(0xa2, writeDer(TAG.integer, Buffer.from([bytes])))
  const form = (algorithm: Buffer) => readSignatureForm(readDer(algorithm))
  const make = (mgf1HashAlgorithm: 'sha1' | 'sha256') => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      hashAlgorithm: 'sha256',
      mgf1HashAlgorithm,
    })
    const signature = sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
    return { key: readPublicKey(readDer(publicKey.export({ type: 'spki', format: 'der' })))!, signature }
  }
  const fields = (mask: Buffer) => [writeDer(0xa0, SHA256), writeDer(0xa1, mgf1(mask)), salt(32)]

  test('a key that is bound to RSA-PSS is read, and its signature verified', () => {
    const { key, signature } = make('sha256')
    expect(isSignatureOf(key, form(pss(...fields(SHA256)))!, 'sha256', message, signature)).toBe(true)
    expect(isSignatureOf(key, form(pss(...fields(SHA256)))!, 'sha256', Buffer.from('other'), signature)).toBe(false)
  })
  test('a mask of another hash, as some states have it, is verified by that hash and no other', () => {
    const { key, signature } = make('sha1')
    expect(isSignatureOf(key, form(pss(...fields(SHA1)))!, 'sha256', message, signature)).toBe(true)
    expect(isSignatureOf(key, form(pss(...fields(SHA256)))!, 'sha256', message, signature)).toBe(false)
  })
  test('absent parameters mean SHA-1 and a salt of 20', () => {
    expect(form(pss())).toMatchObject({ kind: 'rsa-pss', hash: 'sha1', maskHash: 'sha1', saltBytes: 20 })
  })
  test('a trailer other than 1, an unknown mask and fields that repeat are not taken', () => {
    const trailer = (value: number) => writeDer(0xa3, writeDer(TAG.integer, Buffer.from([value])))
    expect(form(pss(trailer(2)))).toBeUndefined()
    expect(form(pss(trailer(1)))).toBeDefined()
    expect(form(pss(writeDer(0xa1, writeDer(TAG.sequence, writeOid('1.2.3'), SHA256))))).toBeUndefined()
    expect(() => form(pss(salt(20), salt(32)))).toThrow(DerFault)
    expect(() => form(pss(writeDer(0xa5, SHA256)))).toThrow(DerFault)
  })
  test('a kind of key never verifies the other kind of signature', () => {
    const { key, signature } = make('sha256')
    expect(isSignatureOf(key, { kind: 'ecdsa', hash: 'sha256' }, 'sha256', message, signature)).toBe(false)
  })
})
