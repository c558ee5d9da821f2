import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, MaxLength, ValidateIf } from 'class-validator';
import { MAX_STORE_ID_LENGTH } from '../common/domain/words.js';
import { ChangeDto } from '../management/api/change.dto.js';
import { PageDto } from '../management/api/page.dto.js';

/** Longest account-id, in characters. */
export const MAX_ACCOUNT_ID_LENGTH = 32;

/** A brand store. */
export class StoreDto {
  @ApiProperty({ description: 'its id, as models name it' })
  store!: string;

  @ApiProperty({ name: 'brand-id', description: 'the account whose models name it' })
  'brand-id'!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'store whose snaps its devices get too' })
  parent!: string | null;
}

/** A brand store in the list. */
export class ListedStoreDto extends StoreDto {
  @ApiProperty({ type: 'integer', description: 'number of its snaps; `GET snaps?store=` lists them' })
  snaps!: number;
}

export class StorePageDto extends PageDto {
  @ApiProperty({ type: [ListedStoreDto] })
  items!: ListedStoreDto[];
}

/** A brand store from now on. */
export class StoreResultDto extends StoreDto {
  @ApiProperty({ name: 'dry-run' })
  'dry-run'!: boolean;

  @ApiProperty({ enum: ['added', 'changed', 'unchanged'] })
  outcome!: string;
}

/** A brand store to add or change. */
export class StoreWishDto extends ChangeDto {
  @ApiProperty({ name: 'brand-id', maxLength: MAX_ACCOUNT_ID_LENGTH })
  @IsString()
  @MaxLength(MAX_ACCOUNT_ID_LENGTH)
  'brand-id'!: string;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    maxLength: MAX_STORE_ID_LENGTH,
    description: 'store whose snaps its devices get too; null: none; default: its current one',
  })
  @ValidateIf(({ parent }: StoreWishDto) => parent !== undefined && parent !== null)
  @IsString()
  @MaxLength(MAX_STORE_ID_LENGTH)
  parent?: string | null;
}

/** The store of a snap. */
export class SnapStoreDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'null: every device gets the snap' })
  store!: string | null;

  @ApiProperty({ description: 'whether searches hide it' })
  private!: boolean;
}

/** The store of a snap from now on. */
export class SnapStoreResultDto extends SnapStoreDto {
  @ApiProperty({ name: 'dry-run' })
  'dry-run'!: boolean;

  @ApiProperty()
  changed!: boolean;
}

/** A new store of a snap. */
export class SnapStoreWishDto extends ChangeDto {
  @ApiProperty({
    type: 'string',
    nullable: true,
    maxLength: MAX_STORE_ID_LENGTH,
    description: 'null: every device gets the snap',
  })
  @ValidateIf(({ store }: SnapStoreWishDto) => store !== null)
  @IsString()
  @MaxLength(MAX_STORE_ID_LENGTH)
  store!: string | null;

  @ApiPropertyOptional({ description: 'only by its name: searches do not list it', default: false })
  @IsOptional()
  @IsBoolean()
  private?: boolean;
}
