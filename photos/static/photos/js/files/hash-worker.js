// A Worker that computes SHA-256 of files. crypto.subtle needs a whole file in memory; this reads it as a stream. A
// classic script. Message in: {id, file, partBytes}, 0 when the file is sent whole. Messages out: {id, done: bytes},
// then {id, digest: hex, parts: [hex]} or {id, error}. Digests of parts and of the whole come from one reading.
"use strict";

/** Return the first 32 bits of the fractional parts of a root of the first primes (FIPS 180-4, 4.2.2 and 5.3.3). */
function fractions(root, count) {
  const words = [];
  for (let candidate = 2; words.length < count; candidate++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) isPrime = false;
    if (isPrime) words.push(((candidate ** (1 / root)) % 1) * 2 ** 32);
  }
  return Int32Array.from(words, (word) => word | 0);
}

const ROUNDS = fractions(3, 64);
const START = fractions(2, 8);
const BLOCK = 64;

class Sha256 {
  constructor() {
    this.state = START.slice();
    this.schedule = new Int32Array(64);
    this.rest = new Uint8Array(BLOCK);
    this.restLength = 0;
    this.length = 0;
  }

  /** Add the next bytes (Uint8Array) of any length. */
  update(bytes) {
    this.length += bytes.length;
    let offset = 0;
    if (this.restLength) {
      offset = Math.min(BLOCK - this.restLength, bytes.length);
      this.rest.set(bytes.subarray(0, offset), this.restLength);
      this.restLength += offset;
      if (this.restLength < BLOCK) return;
      this.blocks(this.rest, 0, BLOCK);
    }
    const whole = bytes.length - ((bytes.length - offset) % BLOCK);
    this.blocks(bytes, offset, whole);
    this.rest.set(bytes.subarray(whole));
    this.restLength = bytes.length - whole;
  }

  /** Return the digest as 64 hexadecimal digits. */
  digest() {
    const bits = this.length * 8;
    const padding = new Uint8Array(((this.restLength < 56 ? 56 : 120) - this.restLength) + 8);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits >>> 0);
    this.update(padding);
    return Array.from(this.state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  blocks(bytes, from, to) {
    const w = this.schedule;
    for (let offset = from; offset < to; offset += BLOCK) {
      for (let i = 0, at = offset; i < 16; i++, at += 4) {
        w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
      }
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15];
        const y = w[i - 2];
        const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
      }
      this.mix(w);
    }
  }

  mix(w) {
    const s = this.state;
    let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0;
      d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h;
  }
}

/** Add `bytes` to the last of `parts`; begin another one when it has reached `size` bytes. */
function divide(parts, bytes, size) {
  for (let from = 0; size && from < bytes.length; ) {
    if (!parts.length || parts.at(-1).length === size) parts.push(new Sha256());
    const some = bytes.subarray(from, from + size - parts.at(-1).length);
    parts.at(-1).update(some);
    from += some.length;
  }
}

async function hash(id, file, partBytes) {
  const sha = new Sha256();
  const parts = [];
  const reader = file.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    sha.update(part.value);
    divide(parts, part.value, partBytes);
    self.postMessage({ id, done: sha.length });
  }
  self.postMessage({ id, digest: sha.digest(), parts: parts.map((each) => each.digest()) });
}

self.addEventListener("message", ({ data: { id, file, partBytes } }) => {
  hash(id, file, partBytes).catch((error) => self.postMessage({ id, error: String(error) }));
});
