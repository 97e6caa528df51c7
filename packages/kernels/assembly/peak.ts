// Loops of nothing but fused multiply-adds: how fast this machine can be. `data` is 512 bytes.

/** 24 vectors at a time, 192 operations an iteration: fills 256-bit registers; spills where they are of 128 bits. */
export function peak16(data: usize, iterations: i32): void {
  const a = v128.load32_splat(data);
  const b0 = v128.load(data, 16);
  const b1 = v128.load(data, 32);
  let s0 = v128.load(data, 48);
  let s1 = v128.load(data, 64);
  let s2 = v128.load(data, 80);
  let s3 = v128.load(data, 96);
  let s4 = v128.load(data, 112);
  let s5 = v128.load(data, 128);
  let s6 = v128.load(data, 144);
  let s7 = v128.load(data, 160);
  let s8 = v128.load(data, 176);
  let s9 = v128.load(data, 192);
  let s10 = v128.load(data, 208);
  let s11 = v128.load(data, 224);
  let s12 = v128.load(data, 240);
  let s13 = v128.load(data, 256);
  let s14 = v128.load(data, 272);
  let s15 = v128.load(data, 288);
  let s16 = v128.load(data, 304);
  let s17 = v128.load(data, 320);
  let s18 = v128.load(data, 336);
  let s19 = v128.load(data, 352);
  let s20 = v128.load(data, 368);
  let s21 = v128.load(data, 384);
  let s22 = v128.load(data, 400);
  let s23 = v128.load(data, 416);
  for (; iterations > 0; iterations--) {
    s0 = f32x4.relaxed_madd(a, b0, s0);
    s1 = f32x4.relaxed_madd(a, b1, s1);
    s2 = f32x4.relaxed_madd(a, b0, s2);
    s3 = f32x4.relaxed_madd(a, b1, s3);
    s4 = f32x4.relaxed_madd(a, b0, s4);
    s5 = f32x4.relaxed_madd(a, b1, s5);
    s6 = f32x4.relaxed_madd(a, b0, s6);
    s7 = f32x4.relaxed_madd(a, b1, s7);
    s8 = f32x4.relaxed_madd(a, b0, s8);
    s9 = f32x4.relaxed_madd(a, b1, s9);
    s10 = f32x4.relaxed_madd(a, b0, s10);
    s11 = f32x4.relaxed_madd(a, b1, s11);
    s12 = f32x4.relaxed_madd(a, b0, s12);
    s13 = f32x4.relaxed_madd(a, b1, s13);
    s14 = f32x4.relaxed_madd(a, b0, s14);
    s15 = f32x4.relaxed_madd(a, b1, s15);
    s16 = f32x4.relaxed_madd(a, b0, s16);
    s17 = f32x4.relaxed_madd(a, b1, s17);
    s18 = f32x4.relaxed_madd(a, b0, s18);
    s19 = f32x4.relaxed_madd(a, b1, s19);
    s20 = f32x4.relaxed_madd(a, b0, s20);
    s21 = f32x4.relaxed_madd(a, b1, s21);
    s22 = f32x4.relaxed_madd(a, b0, s22);
    s23 = f32x4.relaxed_madd(a, b1, s23);
  }
  v128.store(data, s0, 48);
  v128.store(data, s1, 64);
  v128.store(data, s2, 80);
  v128.store(data, s3, 96);
  v128.store(data, s4, 112);
  v128.store(data, s5, 128);
  v128.store(data, s6, 144);
  v128.store(data, s7, 160);
  v128.store(data, s8, 176);
  v128.store(data, s9, 192);
  v128.store(data, s10, 208);
  v128.store(data, s11, 224);
  v128.store(data, s12, 240);
  v128.store(data, s13, 256);
  v128.store(data, s14, 272);
  v128.store(data, s15, 288);
  v128.store(data, s16, 304);
  v128.store(data, s17, 320);
  v128.store(data, s18, 336);
  v128.store(data, s19, 352);
  v128.store(data, s20, 368);
  v128.store(data, s21, 384);
  v128.store(data, s22, 400);
  v128.store(data, s23, 416);
}

/** 12 vectors at a time, 96 operations an iteration: fits 128-bit registers. */
export function peak8(data: usize, iterations: i32): void {
  const a = v128.load32_splat(data);
  const b0 = v128.load(data, 16);
  const b1 = v128.load(data, 32);
  let s0 = v128.load(data, 48);
  let s1 = v128.load(data, 64);
  let s2 = v128.load(data, 80);
  let s3 = v128.load(data, 96);
  let s4 = v128.load(data, 112);
  let s5 = v128.load(data, 128);
  let s6 = v128.load(data, 144);
  let s7 = v128.load(data, 160);
  let s8 = v128.load(data, 176);
  let s9 = v128.load(data, 192);
  let s10 = v128.load(data, 208);
  let s11 = v128.load(data, 224);
  for (; iterations > 0; iterations--) {
    s0 = f32x4.relaxed_madd(a, b0, s0);
    s1 = f32x4.relaxed_madd(a, b1, s1);
    s2 = f32x4.relaxed_madd(a, b0, s2);
    s3 = f32x4.relaxed_madd(a, b1, s3);
    s4 = f32x4.relaxed_madd(a, b0, s4);
    s5 = f32x4.relaxed_madd(a, b1, s5);
    s6 = f32x4.relaxed_madd(a, b0, s6);
    s7 = f32x4.relaxed_madd(a, b1, s7);
    s8 = f32x4.relaxed_madd(a, b0, s8);
    s9 = f32x4.relaxed_madd(a, b1, s9);
    s10 = f32x4.relaxed_madd(a, b0, s10);
    s11 = f32x4.relaxed_madd(a, b1, s11);
  }
  v128.store(data, s0, 48);
  v128.store(data, s1, 64);
  v128.store(data, s2, 80);
  v128.store(data, s3, 96);
  v128.store(data, s4, 112);
  v128.store(data, s5, 128);
  v128.store(data, s6, 144);
  v128.store(data, s7, 160);
  v128.store(data, s8, 176);
  v128.store(data, s9, 192);
  v128.store(data, s10, 208);
  v128.store(data, s11, 224);
}
