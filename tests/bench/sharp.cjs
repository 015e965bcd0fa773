// The same files by sharp: one decode, then a cascade over raw pixels. Answers like worker.py.
const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const sharp = require("sharp");

const EDGES = [2048, 1280, 640, 320];
const SQUARE = 256;
sharp.concurrency(1);
sharp.cache(false);

const raw = (pipeline) => pipeline.raw().toBuffer({ resolveWithObject: true });
const opened = ({ data, info }) =>
  sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });

async function encode(pixels, edge, name, files) {
  const better = edge < 1280 ? 4 : 0;
  const jpeg = { quality: 80 + better, optimizeCoding: true, progressive: edge >= 1280, mozjpeg: false };
  const avif = { quality: 64 + better, effort: 0, chromaSubsampling: "4:2:0", bitdepth: 8 };
  const webp = { quality: 82 + better, effort: 2 };
  files[`${name}.jpg`] = await opened(pixels).jpeg(jpeg).toBuffer();
  files[`${name}.webp`] = await opened(pixels).webp(webp).toBuffer();
  files[`${name}.avif`] = await opened(pixels).avif(avif).toBuffer();
}

async function make(original) {
  const files = {};
  const inside = (edge) => ({ width: edge, height: edge, fit: "inside", withoutEnlargement: true });
  let current = await raw(sharp(original).rotate().resize(inside(EDGES[0])).toColourspace("srgb"));
  for (const edge of EDGES) {
    if (Math.max(current.info.width, current.info.height) > edge) current = await raw(opened(current).resize(inside(edge)));
    await encode(await raw(opened(current).sharpen()), edge, String(edge), files);
    if (edge === 640) {
      const crop = { width: SQUARE, height: SQUARE, fit: "cover", position: sharp.strategy.attention };
      const square = await raw(opened(current).resize(crop));
      await encode(await raw(opened(square).sharpen()), SQUARE, `sq${SQUARE}`, files);
    }
  }
  return files;
}

async function serve() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    const original = fs.readFileSync(job.path);
    const before = process.cpuUsage();
    const files = await make(original);
    const { user, system } = process.cpuUsage(before);
    if (job.out) {
      fs.mkdirSync(job.out, { recursive: true });
      for (const [name, data] of Object.entries(files)) fs.writeFileSync(path.join(job.out, name), data);
    }
    console.log(JSON.stringify({ cpu_seconds: (user + system) / 1e6, files: Object.keys(files).length }));
  }
}

serve();
