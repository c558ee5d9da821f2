import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { ROLES, SCOPES, type Role, type Scope } from '../../common/domain/role.js';
import { MAX_OPERATOR_NAME_LENGTH } from '../operator.js';
import { MAX_TOKEN_NAME_LENGTH } from '../token.js';
import { PageDto } from './page.dto.js';

const MAX_DATE_LENGTH = 64;

/** A key of a machine, without its text. */
export class TokenDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: ROLES })
  role!: Role;

  @ApiProperty({ enum: SCOPES, isArray: true, description: 'empty: everything that the role may do' })
  scopes!: readonly Scope[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'whose it is; null for a token of the machine',
  })
  operator!: string | null;

  @ApiProperty({ name: 'created-at', format: 'date-time' })
  'created-at'!: string;

  @ApiProperty({ name: 'expires-at', type: 'string', nullable: true, format: 'date-time' })
  'expires-at'!: string | null;

  @ApiProperty({ name: 'last-used-at', type: 'string', nullable: true, format: 'date-time' })
  'last-used-at'!: string | null;
}

export class TokenPageDto extends PageDto {
  @ApiProperty({ type: [TokenDto] })
  items!: TokenDto[];
}

/** A token that was just made. */
export class CreatedTokenDto extends TokenDto {
  @ApiProperty({ description: 'for `Authorization: Bearer`; it is not shown again' })
  token!: string;
}

/** A new token. */
export class NewTokenDto {
  @ApiProperty({ description: 'lower-case letters, digits and -._', maxLength: MAX_TOKEN_NAME_LENGTH })
  @IsString()
  @MaxLength(MAX_TOKEN_NAME_LENGTH)
  name!: string;

  @ApiProperty({ enum: ROLES, description: 'no more than your own' })
  @IsIn(ROLES)
  role!: Role;

  @ApiPropertyOptional({
    enum: SCOPES,
    isArray: true,
    description: 'without any, everything that the role may do',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(SCOPES.length)
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];

  @ApiPropertyOptional({
    name: 'expires-at',
    description: 'a date (2026-12-31), or date, time and zone; without it, the token does not expire',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DATE_LENGTH)
  'expires-at'?: string;

  @ApiPropertyOptional({ description: 'whose it is, for an admin; else it is yours' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_OPERATOR_NAME_LENGTH)
  operator?: string;
}
