// The logic of the edge in njs: signed requests to the origin, signed URLs, purges.
import crypto from 'crypto';
import fs from 'fs';

const BUCKET = '@BUCKET@';
const ORIGIN_HOST = '@ORIGIN_HOST@';
const SIGNED_HEADERS = 'host;x-amz-content-sha256;x-amz-date';

function hmac(key, text, encoding) {
  const digest = crypto.createHmac('sha256', key).update(text);
  return encoding ? digest.digest(encoding) : digest.digest();
}

function sha256(text) {
  return crypto.createHash('sha256').update(text).digest('hex');
}

// Compares in constant time.
function is_same(given, expected) {
  let difference = given.length ^ expected.length;
  for (let i = 0; i < expected.length; i++) {
    difference |= expected.charCodeAt(i) ^ (given.charCodeAt(i) || 0);
  }
  return difference === 0;
}

// 20261231T235959Z
function origin_date() {
  return new Date().toISOString().replace(/[:-]|\.\d{3}/g, '');
}

// AWS Signature Version 4 with a key that may only read: the bucket stays private.
function origin_authorization(r) {
  const date = r.variables.origin_date;
  const day = date.slice(0, 8);
  const scope = `${day}/${r.variables.edge_region}/s3/aws4_request`;
  const request = [
    'GET', `/${BUCKET}${r.uri}`, '',
    `host:${ORIGIN_HOST}`, 'x-amz-content-sha256:UNSIGNED-PAYLOAD', `x-amz-date:${date}`, '',
    SIGNED_HEADERS, 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(request)].join('\n');
  const day_key = hmac(`AWS4${r.variables.edge_secret}`, day);
  const key = hmac(hmac(hmac(day_key, r.variables.edge_region), 's3'), 'aws4_request');
  const credential = `${r.variables.edge_key_id}/${scope}`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${SIGNED_HEADERS}, `
    + `Signature=${hmac(key, text, 'hex')}`;
}

// `?e=<unix expiry>&s=<base64url HMAC of "path\nexpiry">`
function is_signed(r) {
  const expiry = r.args.e;
  const signature = r.args.s;
  if (typeof expiry !== 'string' || typeof signature !== 'string' || !/^\d{1,12}$/.test(expiry)) {
    return 'no';
  }
  if (Number(expiry) < Date.now() / 1000) {
    return 'no';
  }
  return is_same(signature, hmac(r.variables.signing_key, `${r.uri}\n${expiry}`, 'base64url')) ? 'yes' : 'no';
}

// The body has one path per line; the answer one line per path: purged, absent or failed.
function purge(r) {
  if (r.method !== 'POST' || !is_same(r.headersIn['X-Purge-Token'] || '', r.variables.purge_token)) {
    r.return(403, 'forbidden\n');
    return;
  }
  const paths = (r.requestText || '').split('\n').map((line) => line.trim()).filter((line) => line);
  r.return(200, paths.map((path) => `${forget(r, path)} ${path}\n`).join(''));
}

// nginx stores a cached answer in a file whose name is the MD5 of its cache key.
function forget(r, path) {
  const digest = crypto.createHash('md5').update(`${BUCKET}${path}`).digest('hex');
  try {
    fs.unlinkSync(`${r.variables.cache_root}/${digest.slice(31)}/${digest.slice(29, 31)}/${digest}`);
    return 'purged';
  } catch (error) {
    return error.code === 'ENOENT' ? 'absent' : 'failed';
  }
}

export default { is_signed, origin_authorization, origin_date, purge };
