import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { ARCHITECTURE, MAX_INTEGER, MAX_STORE_ID_LENGTH } from '../../common/domain/words.js';
import { DEVICE_SORTS, type DeviceSort } from '../../devices/device-question.js';
import { MAX_GROUP_NAME_LENGTH, MAX_MEMBER_PART_LENGTH } from '../../groups/device-group.js';
import { PageDto, PageQueryDto } from '../../management/api/page.dto.js';

/** Longest name or id of a snap, in characters. */
export const MAX_SNAP_WORD_LENGTH = 64;
const MAX_TIME_LENGTH = 64;

/** A device that was registered here or has opened a session. */
export class DeviceDto {
  @ApiProperty({ name: 'brand-id' })
  'brand-id'!: string;

  @ApiProperty()
  model!: string;

  @ApiProperty()
  serial!: string;

  @ApiProperty({
    name: 'serial-trust',
    enum: ['own', 'known-brand', 'unknown'],
    description: 'how far its serial is verified; unknown: it may be forged',
  })
  'serial-trust'!: string;

  @ApiProperty({
    name: 'store-id',
    type: 'string',
    nullable: true,
    description: 'the store that its model names; null if it names none, or did not come since an upgrade',
  })
  'store-id'!: string | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'null until it has said so' })
  architecture!: string | null;

  @ApiProperty({ name: 'snapd-version', type: 'string', nullable: true })
  'snapd-version'!: string | null;

  @ApiProperty({ name: 'first-seen', format: 'date-time' })
  'first-seen'!: string;

  @ApiProperty({ name: 'last-seen', format: 'date-time' })
  'last-seen'!: string;

  @ApiProperty({
    name: 'session-expires-at',
    type: 'string',
    nullable: true,
    format: 'date-time',
    description: 'until when its session is valid; null if it has had none',
  })
  'session-expires-at'!: string | null;

  @ApiProperty({
    name: 'snap-count',
    type: 'integer',
    nullable: true,
    description: 'snaps that it runs; null if it has not listed them',
  })
  'snap-count'!: number | null;
}

/** A snap of a device. */
export class DeviceSnapDto {
  @ApiProperty({ type: 'string', nullable: true, description: 'null if the store has no such snap' })
  name!: string | null;

  @ApiProperty({ name: 'snap-id' })
  'snap-id'!: string;

  @ApiProperty({ type: 'integer' })
  revision!: number;

  @ApiProperty({ description: 'the channel that it tracks' })
  channel!: string;

  @ApiProperty({
    name: 'offered-revision',
    type: 'integer',
    nullable: true,
    description: 'what a refresh would give it now; null for nothing',
  })
  'offered-revision'!: number | null;

  @ApiProperty({
    type: 'boolean',
    nullable: true,
    description: 'whether the offered revision is newer; null while the architecture is not known',
  })
  behind!: boolean | null;
}

/** A device with what it runs and what it would get. */
export class DeviceDetailDto extends DeviceDto {
  @ApiProperty({ type: [String], description: 'the groups that it is in' })
  groups!: readonly string[];

  @ApiProperty({ type: 'boolean', nullable: true, description: 'whether one of its snaps is' })
  behind!: boolean | null;

  @ApiProperty({ type: [DeviceSnapDto], nullable: true, description: 'null if it has not listed them' })
  snaps!: readonly DeviceSnapDto[] | null;
}

export class DevicePageDto extends PageDto {
  @ApiProperty({ type: [DeviceDto] })
  items!: DeviceDto[];
}

/** Which devices are asked for. */
export class DeviceQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ description: 'account-id of the brand', maxLength: MAX_MEMBER_PART_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_MEMBER_PART_LENGTH)
  brand?: string;

  @ApiPropertyOptional({ maxLength: MAX_MEMBER_PART_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_MEMBER_PART_LENGTH)
  model?: string;

  @ApiPropertyOptional({ description: 'the store that the model names', maxLength: MAX_STORE_ID_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_STORE_ID_LENGTH)
  store?: string;

  @ApiPropertyOptional({ description: 'members of this group', maxLength: MAX_GROUP_NAME_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_GROUP_NAME_LENGTH)
  group?: string;

  @ApiPropertyOptional({ description: 'name or id of a snap that they run', maxLength: MAX_SNAP_WORD_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_SNAP_WORD_LENGTH)
  snap?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_INTEGER, description: 'of `snap`' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_INTEGER)
  revision?: number;

  @ApiPropertyOptional({ example: 'arm64' })
  @IsOptional()
  @IsString()
  @Matches(ARCHITECTURE)
  architecture?: string;

  @ApiPropertyOptional({
    enum: ['true'],
    description: 'those that run an older revision than a refresh would give them now',
  })
  @IsOptional()
  @IsIn(['true'])
  behind?: 'true';

  @ApiPropertyOptional({
    name: 'seen-since',
    description: 'a date, or date, time and zone',
    maxLength: MAX_TIME_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_TIME_LENGTH)
  'seen-since'?: string;

  @ApiPropertyOptional({
    name: 'seen-before',
    description: 'a date, or date, time and zone',
    maxLength: MAX_TIME_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_TIME_LENGTH)
  'seen-before'?: string;

  @ApiPropertyOptional({ enum: DEVICE_SORTS, default: 'device', description: 'device: brand, model, serial' })
  @IsOptional()
  @IsIn(DEVICE_SORTS)
  sort?: DeviceSort;

  @ApiPropertyOptional({ enum: ['asc', 'desc'], default: 'asc' })
  @IsOptional()
  @IsIn(['asc', 'desc'])
  order?: 'asc' | 'desc';
}
