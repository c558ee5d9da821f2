import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength, MinLength, NotContains } from 'class-validator';
import { MAX_ACCOUNT_ID_LENGTH } from '../brand-stores/stores.dto.js';
import { MAX_CATEGORY_LENGTH } from '../catalogue/categories.service.js';
import { SNAP_ORDERS, type SnapOrder } from '../catalogue/snap-list.js';
import { MAX_SNAP_NAME_LENGTH } from '../catalogue/snap-name.js';
import { MAX_CHANNEL_LENGTH } from '../channels/channel.js';
import { MAX_STORE_ID_LENGTH } from '../common/domain/words.js';
import { ActorDto } from '../management/api/audit.dto.js';
import { PageDto, PageQueryDto } from '../management/api/page.dto.js';
import { MAX_ARCHITECTURE_LENGTH } from '../releases/releases.dto.js';

/** Longest search, in characters. */
export const MAX_SNAP_SEARCH_LENGTH = 200;

const SNAP_TYPES = ['app', 'base', 'gadget', 'kernel', 'os', 'snapd'];

/** Which snaps are listed: all that is given must hold. */
export class SnapsQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    description: 'part of the name or title, or words of the description',
    maxLength: MAX_SNAP_SEARCH_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_SNAP_SEARCH_LENGTH)
  @NotContains('\0', { message: 'q must not contain NUL' })
  q?: string;

  @ApiPropertyOptional({
    name: 'name-prefix',
    description: 'the beginning of the name',
    maxLength: MAX_SNAP_NAME_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_SNAP_NAME_LENGTH)
  @Matches(/^[-a-z0-9]+$/, { message: 'name-prefix must be lower-case letters, digits and dashes' })
  'name-prefix'?: string;

  @ApiPropertyOptional({
    description: 'the id of a brand store; `ubuntu`: only public snaps',
    maxLength: MAX_STORE_ID_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_STORE_ID_LENGTH)
  @Matches(/^[-A-Z0-9a-z_]+$/, { message: 'store must be a store id' })
  store?: string;

  @ApiPropertyOptional({ maxLength: MAX_CATEGORY_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CATEGORY_LENGTH)
  @Matches(/^[-a-z0-9]+$/, { message: 'category must be lower-case letters, digits and dashes' })
  category?: string;

  @ApiPropertyOptional({
    description: 'only snaps with a revision for it',
    maxLength: MAX_ARCHITECTURE_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_ARCHITECTURE_LENGTH)
  architecture?: string;

  @ApiPropertyOptional({
    description: 'only snaps with a revision on this channel; with `architecture`, for that',
    maxLength: MAX_CHANNEL_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CHANNEL_LENGTH)
  channel?: string;

  @ApiPropertyOptional({ enum: SNAP_TYPES })
  @IsOptional()
  @IsIn(SNAP_TYPES)
  type?: string;

  @ApiPropertyOptional({ description: 'an account-id', maxLength: MAX_ACCOUNT_ID_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_ACCOUNT_ID_LENGTH)
  @Matches(/^[-a-zA-Z0-9]+$/, { message: 'publisher must be an account-id' })
  publisher?: string;

  @ApiPropertyOptional({ enum: SNAP_ORDERS, default: 'name', description: 'with a dash: the last one first' })
  @IsOptional()
  @IsIn(SNAP_ORDERS)
  sort?: SnapOrder;
}

/** A snap of the list. */
export class ListedSnapDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ name: 'snap-id' })
  'snap-id'!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty()
  summary!: string;

  @ApiProperty({ enum: SNAP_TYPES })
  type!: string;

  @ApiProperty({ name: 'publisher-id' })
  'publisher-id'!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'its brand store; null: public' })
  store!: string | null;

  @ApiProperty()
  private!: boolean;

  @ApiProperty({ isArray: true, type: 'string' })
  categories!: readonly string[];

  @ApiProperty({ name: 'default-track', type: 'string', nullable: true })
  'default-track'!: string | null;

  @ApiProperty({ isArray: true, type: 'string', description: 'of all its revisions' })
  architectures!: readonly string[];

  @ApiProperty({ type: 'integer', nullable: true, description: 'the newest' })
  revision!: number | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'of the newest revision' })
  version!: string | null;

  @ApiProperty({ type: 'integer', description: 'number of its revisions' })
  revisions!: number;

  @ApiProperty({ name: 'size-bytes', type: 'integer', description: 'of all its revisions' })
  'size-bytes'!: number;

  @ApiProperty({
    name: 'updated-at',
    format: 'date-time',
    description: 'when its description, revisions, categories or store changed',
  })
  'updated-at'!: string;
}

export class SnapPageDto extends PageDto {
  @ApiProperty({ type: [ListedSnapDto] })
  items!: ListedSnapDto[];
}

/** The push that brought something. */
export class BroughtByDto {
  @ApiProperty({ type: 'integer' })
  id!: number;

  @ApiProperty({ description: 'the name of the file' })
  source!: string;

  @ApiProperty({ description: 'of the file', example: 'bundle' })
  kind!: string;

  @ApiProperty({ name: 'bundle-created-at', type: 'string', nullable: true, format: 'date-time' })
  'bundle-created-at'!: string | null;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ type: ActorDto, nullable: true, description: 'null: it was not recorded' })
  actor!: ActorDto | null;
}
