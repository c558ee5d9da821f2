import { ApiProperty } from '@nestjs/swagger';
import { PageDto } from '../management/api/page.dto.js';
import { OverrideDto } from '../releases/overrides/overrides.dto.js';
import { OpenChannelDto } from '../releases/releases.dto.js';
import { BroughtByDto } from './snaps.dto.js';

class PublisherDto {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  username!: string;

  @ApiProperty({ name: 'display-name' })
  'display-name'!: string;

  @ApiProperty({ example: 'verified' })
  validation!: string;
}

class PictureDto {
  @ApiProperty({ example: 'icon' })
  type!: string;

  @ApiProperty({ description: 'a path of this store' })
  url!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  width!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  height!: number | null;
}

class ReadyDeltasDto {
  @ApiProperty({ type: 'integer', description: 'number of deltas that devices can get' })
  ready!: number;

  @ApiProperty({ name: 'size-bytes', type: 'integer' })
  'size-bytes'!: number;
}

class RevisionDevicesDto {
  @ApiProperty({ type: 'integer' })
  revision!: number;

  @ApiProperty({ type: 'integer' })
  devices!: number;
}

class SnapDevicesDto {
  @ApiProperty({ type: 'integer' })
  total!: number;

  @ApiProperty({ type: [RevisionDevicesDto], description: 'the most frequent first' })
  revisions!: RevisionDevicesDto[];
}

/** A snap, without its long lists. */
export class SnapDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ name: 'snap-id' })
  'snap-id'!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty()
  summary!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ example: 'app' })
  type!: string;

  @ApiProperty({ type: 'string', nullable: true })
  license!: string | null;

  @ApiProperty({ type: 'string', nullable: true })
  contact!: string | null;

  @ApiProperty({ type: 'string', nullable: true })
  website!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } })
  links!: object;

  @ApiProperty()
  publisher!: PublisherDto;

  @ApiProperty({ type: 'string', nullable: true, description: 'its brand store; null: public' })
  store!: string | null;

  @ApiProperty()
  private!: boolean;

  @ApiProperty({ isArray: true, type: 'string' })
  categories!: readonly string[];

  @ApiProperty({ name: 'default-track', type: 'string', nullable: true })
  'default-track'!: string | null;

  @ApiProperty({ type: 'integer', description: 'number of revisions; `revisions` lists them' })
  revisions!: number;

  @ApiProperty({
    type: 'integer',
    description: 'number of revisions of components; `components` lists them',
  })
  components!: number;

  @ApiProperty({ name: 'size-bytes', type: 'integer', description: 'of revisions and components' })
  'size-bytes'!: number;

  @ApiProperty({ type: [OpenChannelDto], description: 'as `channel-map`' })
  channels!: OpenChannelDto[];

  @ApiProperty({ type: [OverrideDto] })
  overrides!: OverrideDto[];

  @ApiProperty({ description: '`deltas` lists them' })
  deltas!: ReadyDeltasDto;

  @ApiProperty({ type: [PictureDto] })
  pictures!: PictureDto[];

  @ApiProperty({
    description: 'devices that had it when they were here last; `GET devices?snap=` lists them',
  })
  devices!: SnapDevicesDto;
}

/** A revision of a snap. */
export class HeldRevisionDto {
  @ApiProperty({ type: 'integer' })
  revision!: number;

  @ApiProperty()
  version!: string;

  @ApiProperty({ example: 'app' })
  type!: string;

  @ApiProperty({ type: 'string', nullable: true })
  base!: string | null;

  @ApiProperty({ example: 'strict' })
  confinement!: string;

  @ApiProperty({ isArray: true, type: 'string' })
  architectures!: readonly string[];

  @ApiProperty({ name: 'size-bytes', type: 'integer' })
  'size-bytes'!: number;

  @ApiProperty({ name: 'sha3-384', description: 'of the file, in hexadecimal' })
  'sha3-384'!: string;

  @ApiProperty()
  provenance!: string;

  @ApiProperty({ name: 'created-at', format: 'date-time', description: 'when its publisher uploaded it' })
  'created-at'!: string;

  @ApiProperty({ description: 'the push that brought it' })
  import!: BroughtByDto;
}

export class HeldRevisionPageDto extends PageDto {
  @ApiProperty({ type: [HeldRevisionDto] })
  items!: HeldRevisionDto[];
}

/** A revision of a component. */
export class HeldComponentDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ type: 'integer' })
  revision!: number;

  @ApiProperty({ example: 'standard' })
  type!: string;

  @ApiProperty({ type: 'string', nullable: true, description: "null: the snap's" })
  version!: string | null;

  @ApiProperty({ name: 'snap-revisions', isArray: true, type: 'integer', description: 'that it is for' })
  'snap-revisions'!: readonly number[];

  @ApiProperty({ name: 'size-bytes', type: 'integer' })
  'size-bytes'!: number;

  @ApiProperty({ name: 'sha3-384', description: 'of the file, in hexadecimal' })
  'sha3-384'!: string;

  @ApiProperty({ name: 'created-at', format: 'date-time' })
  'created-at'!: string;

  @ApiProperty({ description: 'the push that brought it' })
  import!: BroughtByDto;
}

export class HeldComponentPageDto extends PageDto {
  @ApiProperty({ type: [HeldComponentDto] })
  items!: HeldComponentDto[];
}

/** A delta, or an attempt without one. */
export class DeltaAttemptDto {
  @ApiProperty({ example: 'xdelta3' })
  format!: string;

  @ApiProperty({ type: 'integer', description: 'the revision that a device has' })
  source!: number;

  @ApiProperty({ type: 'integer', description: 'the revision that it gets' })
  target!: number;

  @ApiProperty({ enum: ['started', 'ready', 'too-large', 'failed', 'dropped'] })
  state!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'why it is not ready' })
  reason!: string | null;

  @ApiProperty({ type: 'integer' })
  attempts!: number;

  @ApiProperty({ name: 'size-bytes', type: 'integer', nullable: true })
  'size-bytes'!: number | null;

  @ApiProperty({ name: 'sha3-384', type: 'string', nullable: true })
  'sha3-384'!: string | null;

  @ApiProperty({ name: 'tried-at', format: 'date-time' })
  'tried-at'!: string;

  @ApiProperty({ name: 'used-at', type: 'string', nullable: true, format: 'date-time' })
  'used-at'!: string | null;
}

export class DeltaAttemptPageDto extends PageDto {
  @ApiProperty({ type: [DeltaAttemptDto] })
  items!: DeltaAttemptDto[];
}
