// Writes a program that prints one line and ends: the smallest that a device can run without a shell
// or a library in its base. Usage: make-greeter.mjs amd64|arm64 TEXT FILE
import { writeFileSync } from 'node:fs';

const [architecture, text, file] = process.argv.slice(2);
const message = Buffer.from(`${text}\n`);

const BASE = 0x40_0000n;
const HEADERS_BYTES = 64 + 56;
/** The message follows the code, which is as long on both machines. */
const CODE_BYTES = 36;

/** System V ABI, AMD64 supplement: write(1, message, length), exit(0). */
function amd64() {
  const code = Buffer.alloc(CODE_BYTES, 0x90);
  const parts = [
    [0xb8, 1, 0, 0, 0], // mov eax, write
    [0xbf, 1, 0, 0, 0], // mov edi, 1
    [0x48, 0x8d, 0x35, CODE_BYTES - 17, 0, 0, 0], // lea rsi, [rip + message]
    [0xba, message.length, 0, 0, 0], // mov edx, length
    [0x0f, 0x05], // syscall
    [0xb8, 60, 0, 0, 0], // mov eax, exit
    [0x31, 0xff], // xor edi, edi
    [0x0f, 0x05], // syscall
  ];
  code.set(parts.flat());
  return code;
}

/** The same by the kernel's numbers for arm64. */
function arm64() {
  const code = Buffer.alloc(CODE_BYTES);
  const words = [
    0xd280_0020, // mov x0, 1
    0x1000_0001 | (((CODE_BYTES - 4) >> 2) << 5), // adr x1, message
    0xd280_0002 | (message.length << 5), // mov x2, length
    0xd280_0808, // mov x8, write
    0xd400_0001, // svc 0
    0xd280_0000, // mov x0, 0
    0xd280_0ba8, // mov x8, exit
    0xd400_0001, // svc 0
    0xd503_201f, // nop
  ];
  words.forEach((word, index) => code.writeUInt32LE(word >>> 0, index * 4));
  return code;
}

const MACHINES = { amd64: { number: 62, code: amd64 }, arm64: { number: 183, code: arm64 } };
const machine = MACHINES[architecture];
if (!machine || message.length > 200) throw new Error('give amd64 or arm64, and a text of at most 199 bytes');

// elf(5): one segment that holds everything.
const headers = Buffer.alloc(HEADERS_BYTES);
headers.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
headers.writeUInt16LE(2, 16); // executable
headers.writeUInt16LE(machine.number, 18);
headers.writeUInt32LE(1, 20);
headers.writeBigUInt64LE(BASE + BigInt(HEADERS_BYTES), 24); // entry
headers.writeBigUInt64LE(64n, 32); // program headers
headers.writeUInt16LE(64, 52);
headers.writeUInt16LE(56, 54);
headers.writeUInt16LE(1, 56);
const size = BigInt(HEADERS_BYTES + CODE_BYTES + message.length);
headers.writeUInt32LE(1, 64); // load
headers.writeUInt32LE(5, 68); // read and execute
headers.writeBigUInt64LE(BASE, 80);
headers.writeBigUInt64LE(BASE, 88);
headers.writeBigUInt64LE(size, 96);
headers.writeBigUInt64LE(size, 104);
headers.writeBigUInt64LE(0x1_0000n, 112); // pages of any size

writeFileSync(file, Buffer.concat([headers, machine.code(), message]), { mode: 0o755 });
