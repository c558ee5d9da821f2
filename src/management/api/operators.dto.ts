import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { MAX_PASSWORD_BYTES } from '../../common/crypto/password.js';
import { ROLES, type Role } from '../../common/domain/role.js';
import { MAX_OPERATOR_NAME_LENGTH } from '../operator.js';
import { PageDto } from './page.dto.js';

/** Somebody who may manage the store over the network. */
export class OperatorDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: ROLES })
  role!: Role;

  @ApiProperty({ description: 'whether the operator and the tokens of the operator are refused' })
  disabled!: boolean;

  @ApiProperty({ name: 'has-password' })
  'has-password'!: boolean;

  @ApiProperty({
    name: 'second-factor',
    description: 'whether a one-time code is asked for after the password',
  })
  'second-factor'!: boolean;

  @ApiProperty({ name: 'created-at', format: 'date-time' })
  'created-at'!: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'the identity provider at which the operator signs in; null for a password or tokens',
  })
  issuer!: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'what the identity provider calls the operator',
  })
  subject!: string | null;
}

export class OperatorPageDto extends PageDto {
  @ApiProperty({ type: [OperatorDto] })
  items!: OperatorDto[];
}

/** A new operator. */
export class NewOperatorDto {
  @ApiProperty({ description: 'lower-case letters, digits and -._+@', maxLength: MAX_OPERATOR_NAME_LENGTH })
  @IsString()
  @MaxLength(MAX_OPERATOR_NAME_LENGTH)
  name!: string;

  @ApiProperty({ enum: ROLES })
  @IsIn(ROLES)
  role!: Role;

  @ApiPropertyOptional({ format: 'password', description: 'without one, the operator can use tokens alone' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_PASSWORD_BYTES)
  password?: string;
}

/** What is changed of an operator; what is left out stays. */
export class OperatorChangeDto {
  @ApiPropertyOptional({ enum: ROLES })
  @IsOptional()
  @IsIn(ROLES)
  role?: Role;

  @ApiPropertyOptional({ format: 'password', description: 'sessions of the operator end' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_PASSWORD_BYTES)
  password?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsBoolean()
  disabled?: boolean;

  @ApiPropertyOptional({
    name: 'second-factor',
    enum: [false],
    description: 'false turns it off; the operator turns it on with `PUT account/second-factor`',
  })
  @IsOptional()
  @IsIn([false])
  'second-factor'?: false;
}
