// Pictures of pages with a palette, which are a third as large: readers of the repository load them.
import { deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS = 256;
const [TRUE_COLOUR, INDEXED, WITH_ALPHA] = [2, 3, 6];

/** The parts of a PNG file: their names with their content. */
function* parts(file) {
  for (let at = SIGNATURE.length; at < file.length; ) {
    const size = file.readUInt32BE(at);
    yield [file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, at + 8 + size)];
    at += size + 12;
  }
}

/** The predictor of PNG for a byte from those at its left, above it, and above its left. */
function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** The pixels of a picture of 8 bits without interlacing, as numbers 0xRRGGBB. */
function read(file) {
  const found = [...parts(file)];
  const header = found.find(([name]) => name === 'IHDR')[1];
  const [width, height, depth, kind] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9]];
  if (depth !== 8 || ![TRUE_COLOUR, WITH_ALPHA].includes(kind)) throw new Error(`a PNG of kind ${kind} with ${depth} bits is not read`);
  const bytes = kind === WITH_ALPHA ? 4 : 3;
  const data = inflateSync(Buffer.concat(found.filter(([name]) => name === 'IDAT').map(([, content]) => content)));
  const pixels = new Uint32Array(width * height);
  const stride = width * bytes;
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y += 1) {
    const start = y * (stride + 1);
    const filter = data[start];
    const line = new Uint8Array(stride);
    for (let x = 0; x < stride; x += 1) {
      const [left, corner] = x < bytes ? [0, 0] : [line[x - bytes], above[x - bytes]];
      const guesses = [0, left, above[x], (left + above[x]) >> 1, paeth(left, above[x], corner)];
      line[x] = data[start + 1 + x] + guesses[filter];
    }
    for (let x = 0; x < width; x += 1) pixels[y * width + x] = (line[x * bytes] << 16) | (line[x * bytes + 1] << 8) | line[x * bytes + 2];
    above = line;
  }
  return { width, height, pixels };
}

const channels = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];

/** Boxes of colours, of which the one that spreads most is divided at its middle until there are enough. */
function palette(counts) {
  const box = (colours) => {
    const spreads = [0, 1, 2].map((channel) => {
      const values = colours.map((colour) => channels(colour)[channel]);
      return values.reduce((most, value) => Math.max(most, value), 0) - values.reduce((least, value) => Math.min(least, value), 255);
    });
    const weight = colours.reduce((sum, colour) => sum + counts.get(colour), 0);
    return { colours, channel: spreads.indexOf(Math.max(...spreads)), cost: Math.max(...spreads) * Math.log2(weight + 1) };
  };
  const boxes = [box([...counts.keys()])];
  while (boxes.length < COLOURS) {
    boxes.sort((a, b) => a.cost - b.cost);
    const { colours, channel, cost } = boxes.pop();
    if (cost === 0) return [...boxes, { colours }];
    colours.sort((a, b) => channels(a)[channel] - channels(b)[channel]);
    const middle = colours.length >> 1;
    boxes.push(box(colours.slice(0, middle)), box(colours.slice(middle)));
  }
  return boxes;
}

const CRC = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

function part(name, content) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const crc = ~body.reduce((crc, byte) => CRC[(crc ^ byte) & 255] ^ (crc >>> 8), -1) >>> 0;
  const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc);
  return Buffer.concat([size, body, sum]);
}

/** The same picture with at most 256 colours. */
export function withPalette(file) {
  const { width, height, pixels } = read(file);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const [places, table] = [new Map(), Buffer.alloc(3 * COLOURS)];
  palette(counts).forEach(({ colours }, place) => {
    // The most frequent colour of a box stands for all, so that surfaces keep theirs.
    const most = colours.reduce((best, colour) => (counts.get(colour) > counts.get(best) ? colour : best));
    table.set(channels(most), 3 * place);
    for (const colour of colours) places.set(colour, place);
  });
  const lines = Buffer.alloc(height * (width + 1));
  pixels.forEach((pixel, at) => { lines[at + Math.floor(at / width) + 1] = places.get(pixel); });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, INDEXED, 0, 0, 0], 8);
  const data = deflateSync(lines, { level: 9, memLevel: 9 });
  return Buffer.concat([SIGNATURE, part('IHDR', header), part('PLTE', table), part('IDAT', data), part('IEND', Buffer.alloc(0))]);
}
