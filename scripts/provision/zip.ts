import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50

/** One file out of a zip (or jar), so that no `unzip` and no JDK is needed. Zip64 and encryption are not read. @throws when it is not there */
export function readZipEntry(zipFile: string, name: string): Buffer {
  const fd = openSync(zipFile, 'r')
  try {
    const read = (position: number, length: number) => {
      const bytes = Buffer.alloc(length)
      readSync(fd, bytes, 0, length, position)
      return bytes
    }
    const size = fstatSync(fd).size
    const tailLength = Math.min(size, 65_557)
    const tail = read(size - tailLength, tailLength)
    let end = tail.length - 22
    while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end--
    if (end < 0) throw new Error(`${zipFile} is not a zip file`)
    const directory = read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12))
    for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === DIRECTORY_ENTRY; ) {
      const nameLength = directory.readUInt16LE(at + 28)
      if (directory.toString('utf8', at + 46, at + 46 + nameLength) === name) {
        const local = directory.readUInt32LE(at + 42)
        const header = read(local, 30)
        const start = local + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
        const packed = read(start, directory.readUInt32LE(at + 20))
        return directory.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed)
      }
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
    }
    throw new Error(`${zipFile} holds no ${name}`)
  } finally {
    closeSync(fd)
  }
}
