// The exports of the module: the table of kernels, with two of `gemm`, and what only checks and measurements call.

export { gemm16, gemm8 } from './gemm';
export { packPanels } from './panels';
export { add, addBias, columnSum, relu, reluGradient, sumOfSquares } from './elementwise';
export { softmax } from './softmax';
export { softmaxCrossEntropy, squaredError } from './loss';
export { adam, sgd } from './optimizers';
export { peak16, peak8 } from './peak';
export { exponential, logarithm } from './exponential';
