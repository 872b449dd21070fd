import * as z from 'zod';

const adamKeys = {
  beta1: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe('Share of the mean of the gradients that stays in a step; a schedule may cycle it.'),
  beta2: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe('Share of the mean of the squared gradients that stays in a step.'),
  epsilon: z.number().positive().default(1e-8).describe('Added to the root of that mean.'),
};

const optimizerObject = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('sgd').describe('Stochastic gradient descent with training.momentum.') }),
  z.strictObject({
    name: z.literal('adam').describe('Kingma and Ba, ICLR 2015; weight decay is a part of the gradient.'),
    ...adamKeys,
  }),
  z.strictObject({
    name: z
      .literal('adamw')
      .describe('Loshchilov and Hutter, ICLR 2019; weight decay is apart from the gradient.'),
    ...adamKeys,
  }),
]);

const optimizerParameters = z
  .union([z.enum(['sgd', 'adam', 'adamw']), optimizerObject], {
    error: 'must be "sgd", "adam", "adamw", or an object with one of these as its "name"',
  })
  .transform((value) => (typeof value === 'string' ? optimizerObject.parse({ name: value }) : value));
export type OptimizerParameters = z.output<typeof optimizerObject>;

/** What torchvision's reference training begins a warm-up with. */
const WARMUP_FACTOR = 0.01;

const cycled = {
  baseMomentum: z.number().min(0).lt(1).describe('Momentum at the peak of the rate; of Adam, beta1.'),
  maxMomentum: z.number().min(0).lt(1).describe('Momentum where the rate is least; of Adam, beta1.'),
};

const warmup = z
  .union(
    [
      z.number().positive(),
      z.strictObject({
        epochs: z.number().positive().describe('How long; may be a part of an epoch.'),
        factor: z
          .number()
          .positive()
          .max(1)
          .default(WARMUP_FACTOR)
          .describe("What the schedule's first rate is multiplied by in the first step."),
      }),
    ],
    { error: 'must be a number of epochs above 0, or an object with "epochs" and "factor"' },
  )
  .transform((value) => (typeof value === 'number' ? { epochs: value, factor: WARMUP_FACTOR } : value))
  .optional()
  .describe(
    'Epochs at the start in which the rate rises linearly, from a share of the first rate of the schedule to it; the ' +
      "schedule takes the steps after them. As PyTorch's LinearLR before another one in SequentialLR.",
  );

export const scheduleParameters = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('piecewise'),
    learningRate: z.number().positive().default(0.1).describe('The rate at the start.'),
    milestones: z
      .array(z.number().min(0).max(1))
      .default([0.5, 0.75])
      .describe('Shares of the training at which the rate drops.'),
    factor: z.number().positive().max(1).default(0.1).describe('What a drop multiplies the rate by.'),
    warmup,
  }),
  z.strictObject({
    name: z.literal('cosine'),
    learningRate: z.number().positive().default(0.1).describe('The rate at the start.'),
    final: z.number().min(0).default(0).describe('The rate at the end.'),
    warmup,
  }),
  z.strictObject({
    name: z.literal('cyclic'),
    learningRate: z
      .number()
      .positive()
      .default(0.2)
      .describe('The peak. The rate rises from 0 linearly, then falls to 0 linearly.'),
    peak: z
      .number()
      .min(0)
      .max(1)
      .default(0.4)
      .describe('Share of the training at which the peak is reached: 0.5 in the code of FGSM-RS and N-FGSM.'),
    cycleMomentum: z
      .boolean()
      .default(false)
      .describe(
        "Momentum falls from maxMomentum to baseMomentum while the rate rises, and back: what PyTorch's CyclicLR does unless told otherwise, so also in the code of FGSM-RS. Off: it stays training.momentum.",
      ),
    baseMomentum: cycled.baseMomentum.default(0.8),
    maxMomentum: cycled.maxMomentum.default(0.9),
    warmup,
  }),
  z.strictObject({
    name: z.literal('one-cycle'),
    learningRate: z
      .number()
      .positive()
      .default(0.1)
      .describe(
        "The peak. The rate rises to it along a cosine, and falls along another: PyTorch's OneCycleLR, Smith and Topin 2018.",
      ),
    peak: z
      .number()
      .min(0)
      .max(1)
      .default(0.3)
      .describe('Share of the training at which the peak is reached (pct_start).'),
    divisor: z
      .number()
      .min(1)
      .default(25)
      .describe('The first rate is the peak divided by this (div_factor).'),
    finalDivisor: z
      .number()
      .min(1)
      .default(1e4)
      .describe('The last rate is the first one divided by this (final_div_factor).'),
    cycleMomentum: z
      .boolean()
      .default(true)
      .describe(
        'Momentum falls from maxMomentum to baseMomentum while the rate rises, and back. Off: it stays training.momentum.',
      ),
    baseMomentum: cycled.baseMomentum.default(0.85),
    maxMomentum: cycled.maxMomentum.default(0.95),
    warmup,
  }),
]);

const isCountOrShare = (value: number): boolean => value > 0 && (value < 1 || Number.isInteger(value));
const COUNT_OR_SHARE = 'must be a whole number of images, or a share between 0 and 1';

const validationParameters = z
  .union(
    [
      z
        .number()
        .max(10_000_000)
        .refine(isCountOrShare, { error: ({ input }) => `${COUNT_OR_SHARE}; got ${JSON.stringify(input)}` }),
      z
        .literal('auto')
        .describe(
          'The images that the data set itself keeps for validation; where it has none, 1,000 images, or 2 % of the ' +
            'training images where that is fewer: of those that `dataset.trainCount` leaves out, ' +
            'else split off by the seed.',
        ),
      z.strictObject({
        share: z
          .number()
          .gt(0)
          .lt(1)
          .optional()
          .describe(
            'Share of the training images, between 0 and 1; 0.02 where neither it nor `count` is given.',
          ),
        count: z.int().min(1).max(10_000_000).optional().describe('Number of images, instead of a share.'),
        from: z
          .enum(['training', 'left-out', 'data-set'])
          .optional()
          .describe(
            'Whose images they are: training: of those that would be trained on, drawn by the seed, which is what a file ' +
              'without the key means. left-out: the first ones that `dataset.trainCount` leaves out. data-set: those that the ' +
              'data set itself keeps for validation.',
          ),
      }),
    ],
    { error: `${COUNT_OR_SHARE}, "auto", or an object with "count" or "share"` },
  )
  .describe(
    'Training images that are held out and never trained on: evaluations during training, and with them the choice of ' +
      'the best network, are of these. A whole number of images, a share of them, or an object. Absent: auto.',
  );

const earlyStoppingParameters = z
  .strictObject({
    catastrophicOverfitting: z
      .boolean()
      .default(true)
      .describe(
        'Ends the training of a single-step method when an evaluation finds that its robust accuracy fell below half ' +
          'of the best one while the training loss fell, and keeps the network of the evaluation before the fall.',
      ),
    patience: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe(
        'Ends the training after so many evaluations without a new highest robust accuracy, and keeps the network that ' +
          'had it; needs `training.validation`. Absent: never.',
      ),
  })
  .describe(
    'Ends the training early; the network that is kept becomes the best one, and the final evaluation is of it. ' +
      'Absent: the training goes on to its last epoch.',
  );

const share = z.number().gt(0).max(1);
const randomResizedCrop = z
  .strictObject({
    scale: z
      .tuple([share, share])
      .refine(([least, most]) => least <= most, 'must be the least share, then the largest')
      .default([0.08, 1])
      .describe("Least and largest share of the image's area."),
    ratio: z
      .tuple([z.number().positive().max(100), z.number().positive().max(100)])
      .refine(([least, most]) => least <= most, 'must be the least ratio, then the largest')
      .default([3 / 4, 4 / 3])
      .describe('Least and largest width by height of the part.'),
  })
  .describe(
    "Scales a random part of each image to the image's size, as torchvision's RandomResizedCrop; of pictures that are larger " +
      'than that, a part of the picture itself. It takes the place of `crop`. Absent: the image as it is.',
  );

export const trainingParameters = z.strictObject({
  epochs: z.int().min(1).max(100_000).default(30).describe('Passes over the training images.'),
  batchSize: z.int().min(1).max(65_536).default(128).describe('Images of a step.'),
  accumulate: z
    .int()
    .min(1)
    .max(4096)
    .default(1)
    .describe(
      'Equal parts of a batch that are attacked and differentiated one after the other, each with BatchNorm statistics of its own, before one step along their mean gradient: memory of a part, about the gradient of the batch.',
    ),
  schedule: scheduleParameters
    .prefault({ name: 'piecewise' })
    .describe('The learning rate, from the first step to the last.'),
  optimizer: optimizerParameters
    .prefault('sgd')
    .describe("What moves the weights along the gradient, with PyTorch's rules."),
  momentum: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe('Of SGD alone: v becomes momentum times v plus the gradient.'),
  nesterov: z
    .boolean()
    .default(false)
    .describe("Of SGD alone, Nesterov's rule: a step goes along the gradient plus momentum times v."),
  weightDecay: z
    .number()
    .min(0)
    .default(5e-4)
    .describe(
      'Added to the gradient as weightDecay times the weight; of AdamW, taken off the weight itself, times the learning rate.',
    ),
  decay: z
    .enum(['kernels', 'all'])
    .default('kernels')
    .describe(
      "What weight decay acts on: kernels leaves out biases and BatchNorm's scale and offset; all is what PyTorch's SGD does with all parameters.",
    ),
  augment: z
    .strictObject({
      crop: z
        .int()
        .min(0)
        .max(64)
        .default(4)
        .describe('Zero-padding in pixels before a random crop; 0 turns it off.'),
      flip: z.boolean().default(true).describe('Random horizontal flip.'),
      randomResizedCrop: randomResizedCrop.optional(),
    })
    // What is recorded is what is done.
    .overwrite((augment) => (augment.randomResizedCrop ? { ...augment, crop: 0 } : augment))
    .prefault({})
    .describe('What is changed about training images at random.'),
  validation: validationParameters.optional(),
  earlyStopping: earlyStoppingParameters.optional(),
});

export type ScheduleParameters = z.output<typeof scheduleParameters>;
